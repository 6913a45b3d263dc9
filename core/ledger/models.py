"""Tables of the books. The triggers that guard them stand in the migrations."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Json, Line, Minor, Ref, RowId, Table, Word


class LedgerAccount(Table):
    """Where money is. `balance_minor` is kept by a trigger on postings, for accounts that ask for it.

    Clearing accounts shared by everyone do not ask (`keeps_balance` false): one hot row would halve the rate.
    """

    __tablename__ = "ledger_account"
    id: Mapped[RowId]
    code: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    currency: Mapped[Currency]
    keeps_balance: Mapped[bool]
    balance_minor: Mapped[Minor]
    floor_minor: Mapped[Minor | None]
    __table_args__ = (
        CheckConstraint("kind IN ('asset', 'liability', 'income', 'expense')", name="kind_known"),
        CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name="balance_not_below_floor"),
        CheckConstraint("floor_minor IS NULL OR keeps_balance", name="floor_needs_balance"),
        UniqueConstraint("id", "currency", name="uq_ledger_account_id_currency"),
    )


class LedgerEntry(Table):
    """One event in the books. `key` makes it once, for ever; `body_hash` tells a repeat from a clash.

    `legs` is how many postings it has: a trigger refuses one more at any later time.
    """

    __tablename__ = "ledger_entry"
    id: Mapped[RowId]
    key: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    occurred_at: Mapped[Instant]
    recorded_at: Mapped[Instant]
    reverses_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    legs: Mapped[int]
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    memo: Mapped[Json]
    __table_args__ = (
        CheckConstraint("reverses_id <> id", name="reverses_another"),
        CheckConstraint("legs >= 2", name="two_legs"),
    )


class LedgerPosting(Table):
    """One side of a movement: what an account received (above zero) or gave (below). An entry's sum is zero."""

    __tablename__ = "ledger_posting"
    id: Mapped[RowId]
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"))
    account_id: Mapped[Ref]
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        # The pair: a posting in another currency than its account's is refused by the database itself.
        ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_account.id", "ledger_account.currency"],
            name="fk_ledger_posting_account_in_its_currency",
        ),
        UniqueConstraint("entry_id", "account_id", name="uq_ledger_posting_once_per_account"),
        Index("ix_ledger_posting_account_id_id", "account_id", "id"),
    )


class ClosedMonth(Table):
    """A month whose books are closed: a trigger refuses entries that say they happened in it (in Juba's time)."""

    __tablename__ = "closed_month"
    month: Mapped[Day] = mapped_column(primary_key=True)
    closed_by: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    closed_at: Mapped[Instant]
    __table_args__ = (CheckConstraint("extract(day FROM month) = 1", name="begins_a_month"),)
