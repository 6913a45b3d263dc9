"""Tables of statements."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Json, Line, Minor, Phone, Prose, Ref, RowId, Table, Word


class MoneyAccount(Table):
    """Where money of ours lies outside: a bank account, an account at a mobile-money provider, a wallet without an API.

    `ledger_code` is its account in our books. People pay to `pay_to`; the instructions are read out to them.
    `mapping` says how its CSV file is read. `alias` is its number in lists people choose from.
    """

    __tablename__ = "money_account"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    kind: Mapped[Word]
    name: Mapped[Word]
    alias: Mapped[int | None] = mapped_column(unique=True)
    ledger_code: Mapped[Word] = mapped_column(unique=True)
    currency: Mapped[Currency]
    pay_to: Mapped[Line | None]
    instructions_en: Mapped[Line | None]
    instructions_ar: Mapped[Line | None]
    mapping: Mapped[Json]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("kind IN ('bank', 'momo', 'orange', 'wallet')", name="kind_known"),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,19}$'", name="code_is_plain"),
        CheckConstraint("alias BETWEEN 1 AND 89", name="alias_dialable"),
        CheckConstraint("kind <> 'wallet' OR pay_to IS NOT NULL", name="wallet_is_payable"),
    )


class StatementImport(Table):
    """One file, as it was read: what was new, what was known, and which lines could not be read.

    `line_count` moves while it is read, a transaction a chunk: an import that was cut off goes on behind it. Format
    `hand`: a movement that a person saw at the other side and typed in.
    """

    __tablename__ = "statement_import"
    id: Mapped[RowId]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("money_account.id"), index=True)
    file_name: Mapped[Line]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    format: Mapped[Word]
    state: Mapped[Word]
    line_count: Mapped[int]
    new_count: Mapped[int]
    matched_count: Mapped[int]
    bad_lines: Mapped[Json]
    opening_minor: Mapped[Minor | None]
    closing_minor: Mapped[Minor | None]
    closing_on: Mapped[Day | None]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'mt940', 'camt053', 'hand')", name="format_known"),
        CheckConstraint("state IN ('reading', 'done')", name="state_known"),
        CheckConstraint("new_count <= line_count AND matched_count <= new_count", name="counts_agree"),
        # The same file sent again while it is being read goes on with the first.
        Index(
            "ux_statement_import_reading",
            "account_id",
            "sha256",
            unique=True,
            postgresql_where=text("state = 'reading'"),
        ),
    )


class StatementFile(Table):
    """A piece of a file that is still being read. Gone when it has been."""

    __tablename__ = "statement_file"
    import_id: Mapped[Ref] = mapped_column(ForeignKey("statement_import.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class StatementLine(Table):
    """One movement as the other side tells it; above zero it came in. `fingerprint` makes it once per account.

    `matched_minor` is kept by a trigger on its matches and never passes the amount. `explained` closes what needs no
    match, in a person's words.
    """

    __tablename__ = "statement_line"
    id: Mapped[RowId]
    import_id: Mapped[Ref] = mapped_column(ForeignKey("statement_import.id"), index=True)
    account_id: Mapped[Ref] = mapped_column(ForeignKey("money_account.id"))
    number: Mapped[int]
    booked_on: Mapped[Day]
    booked_at: Mapped[Instant | None]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    reference: Mapped[Line | None]
    external_id: Mapped[Line | None]
    payer: Mapped[Line | None]
    payer_phone: Mapped[Phone | None]
    details: Mapped[Prose | None]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    matched_minor: Mapped[Minor]
    explained: Mapped[Line | None]
    explained_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    explained_at: Mapped[Instant | None]
    suspense_entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"))
    __table_args__ = (
        UniqueConstraint("account_id", "fingerprint", name="uq_statement_line_once"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint("matched_minor BETWEEN 0 AND abs(amount_minor)", name="matched_within"),
        CheckConstraint("(explained IS NULL) = (explained_at IS NULL)", name="explained_is_dated"),
        Index("ix_statement_line_account_id_booked_on", "account_id", "booked_on"),
        Index("ix_statement_line_reference", "account_id", "reference"),
        Index(
            "ix_statement_line_open",
            "account_id",
            "booked_on",
            postgresql_where=text("matched_minor < abs(amount_minor) AND explained IS NULL"),
        ),
    )


class LineMatch(Table):
    """So much of a line, and what it is in our books. `why` is the reason it was believed.

    A wrong one stays, and another undoes it: that one has `undoes_id`, and its amount counts back.
    """

    __tablename__ = "line_match"
    id: Mapped[RowId]
    line_id: Mapped[Ref] = mapped_column(ForeignKey("statement_line.id"), index=True)
    kind: Mapped[Word]
    receipt_id: Mapped[Ref | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    payout_id: Mapped[Ref | None] = mapped_column(ForeignKey("payout.id"), index=True)
    cash_move_id: Mapped[Ref | None] = mapped_column(ForeignKey("cash_move.id"), index=True)
    entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"))
    amount_minor: Mapped[Minor]
    why: Mapped[Line]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    at: Mapped[Instant]
    undoes_id: Mapped[Ref | None] = mapped_column(ForeignKey("line_match.id"), unique=True)
    __table_args__ = (
        CheckConstraint("kind IN ('receipt', 'payout', 'banked', 'fee', 'other')", name="kind_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(kind = 'receipt') = (receipt_id IS NOT NULL) AND (kind = 'payout') = (payout_id IS NOT NULL) "
            "AND (kind = 'banked') = (cash_move_id IS NOT NULL)",
            name="names_what_it_matches",
        ),
    )


class PaymentClaim(Table):
    """A customer says: I paid to that account, under this transaction id. An id is claimed once, by the first."""

    __tablename__ = "payment_claim"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    account_id: Mapped[Ref] = mapped_column(ForeignKey("money_account.id"))
    reference: Mapped[Word]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    phone: Mapped[Phone]
    said_minor: Mapped[Minor | None]
    state: Mapped[Word]
    claimed_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    receipt_id: Mapped[Ref | None] = mapped_column(ForeignKey("receipt.id"), unique=True)
    why: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'credited', 'refused')", name="state_known"),
        CheckConstraint("(state = 'credited') = (receipt_id IS NOT NULL)", name="credited_has_its_receipt"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_is_dated"),
        CheckConstraint("said_minor > 0", name="said_positive"),
        Index(
            "ux_payment_claim_live",
            "account_id",
            "reference",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
    )
