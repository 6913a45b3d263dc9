"""Tables of payments."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Json, Line, Minor, Phone, Prose, Ref, Reference, RowId, Table, Word

RECEIPT_NUMBERS = Sequence("receipt_number", start=10000, metadata=Table.metadata)
INTENT_STATES = "'created', 'submitted', 'paid', 'refused', 'expired', 'unknown'"


class PaymentIntent(Table):
    """A payment we mean to collect, written before the provider is asked. `reference` is its key there too.

    `platform` is where the provider is asked: it can be sent, and asked about, nowhere else.
    `purpose` and `purpose_body` name what it is for; `request_key` makes the asking once. `provider_token` is what some
    providers hand out before the request and know it by; `notify_token` proves their callback. Where the provider takes
    another currency, `charged` is what the payer is asked for there, at a rate frozen with the intent.
    """

    __tablename__ = "payment_intent"
    id: Mapped[RowId]
    reference: Mapped[Reference] = mapped_column(unique=True)
    request_key: Mapped[Line] = mapped_column(unique=True)
    rail: Mapped[Word]
    platform: Mapped[Line]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    payer_phone: Mapped[Phone]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    purpose: Mapped[Word]
    purpose_body: Mapped[Json]
    state: Mapped[Word]
    reason: Mapped[Word | None]
    raw_reason: Mapped[Line | None]
    provider_reference: Mapped[Line | None]
    created_at: Mapped[Instant]
    submitted_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    ask_again_at: Mapped[Instant | None]
    asks: Mapped[int]
    provider_token: Mapped[Line | None]
    notify_token: Mapped[Line | None] = mapped_column(index=True)
    payment_url: Mapped[Prose | None]
    charged_minor: Mapped[Minor | None]
    charged_currency: Mapped[Currency | None]
    settled_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    __table_args__ = (
        CheckConstraint("charged_minor > 0", name="charged_positive"),
        CheckConstraint("(charged_minor IS NULL) = (charged_currency IS NULL)", name="charged_is_whole"),
        CheckConstraint(f"state IN ({INTENT_STATES})", name="state_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(state IN ('created', 'submitted')) = (ended_at IS NULL)", name="ended_is_dated"),
        Index("ix_payment_intent_ask_again_at", "ask_again_at", postgresql_where=text("ask_again_at IS NOT NULL")),
        Index("ix_payment_intent_customer_id", "customer_id", "id"),
        Index(
            "ix_payment_intent_open",
            "customer_id",
            "purpose",
            postgresql_where=text("state IN ('created', 'submitted', 'unknown')"),
        ),
    )


class PaymentIntentMove(Table):
    """One change of an intent's state: from, to, when, and why we believed it."""

    __tablename__ = "payment_intent_move"
    id: Mapped[RowId]
    intent_id: Mapped[Ref] = mapped_column(ForeignKey("payment_intent.id"), index=True)
    from_state: Mapped[Word]
    to_state: Mapped[Word]
    at: Mapped[Instant]
    why: Mapped[Json]
    __table_args__ = (CheckConstraint("from_state <> to_state", name="moves"),)


class Receipt(Table):
    """Money that came in, once. (provider, reference) is unique for ever: no payment is credited twice.

    `part` counts the receipts of one movement that was for several customers. A drawer numbers its own without a gap.
    `check_code` is what whoever holds the paper can ask about; it is not to be guessed.
    """

    __tablename__ = "receipt"
    id: Mapped[RowId]
    number: Mapped[Word] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    intent_id: Mapped[Ref | None] = mapped_column(ForeignKey("payment_intent.id"), unique=True)
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    provider: Mapped[Word]
    provider_reference: Mapped[Line] = mapped_column(index=True)  # people read it out at the counter
    payer_phone: Mapped[Phone | None]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    received_at: Mapped[Instant]
    part: Mapped[int] = mapped_column(server_default="1")
    statement_line_id: Mapped[Ref | None] = mapped_column(ForeignKey("statement_line.id"), index=True)
    shift_id: Mapped[Ref | None] = mapped_column(ForeignKey("cash_shift.id"), index=True)
    drawer_id: Mapped[Ref | None] = mapped_column(ForeignKey("cash_drawer.id"))
    drawer_number: Mapped[int | None]
    check_code: Mapped[Word | None] = mapped_column(unique=True)
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference", "part", name="uq_receipt_provider_reference"),
        UniqueConstraint("drawer_id", "drawer_number", name="uq_receipt_drawer_number"),
        CheckConstraint("(drawer_id IS NULL) = (drawer_number IS NULL)", name="drawer_numbers_its_own"),
        CheckConstraint("(shift_id IS NULL) = (drawer_id IS NULL)", name="shift_has_its_drawer"),
        CheckConstraint("provider = 'cash' OR drawer_id IS NULL", name="only_cash_lies_in_a_drawer"),
        CheckConstraint("part = 1 OR statement_line_id IS NOT NULL", name="only_a_line_has_parts"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(provider = 'cash') = (staff_id IS NOT NULL)", name="cash_has_a_taker"),
        # Money by a provider is what we asked for, or what a statement tells of.
        CheckConstraint(
            "num_nonnulls(intent_id, statement_line_id) = CASE WHEN provider = 'cash' THEN 0 ELSE 1 END",
            name="provider_has_its_source",
        ),
    )


class ProviderMessage(Table):
    """What a provider sent us, kept raw and capped. A hint, never a fact."""

    __tablename__ = "provider_message"
    id: Mapped[RowId]
    provider: Mapped[Word]
    reference: Mapped[Line | None]
    method: Mapped[Word]
    body: Mapped[Prose]
    came_at: Mapped[Instant]


class PaymentEvidence(Table):
    """What a person saw before they said how a payment ended that no provider could tell of. Kept for ever."""

    __tablename__ = "payment_evidence"
    id: Mapped[RowId]
    intent_id: Mapped[Ref | None] = mapped_column(ForeignKey("payment_intent.id"), index=True)
    payout_id: Mapped[Ref | None] = mapped_column(ForeignKey("payout.id"), index=True)
    staff_id: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    note: Mapped[Prose]
    media_type: Mapped[Word | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("num_nonnulls(intent_id, payout_id) = 1", name="about_one_payment"),
        CheckConstraint("length(btrim(note)) > 0", name="has_a_note"),
        CheckConstraint("(media_type IS NULL) = (content IS NULL)", name="file_has_its_type"),
        CheckConstraint("octet_length(content) <= 1048576", name="file_is_small"),
    )


class PaymentAlarm(Table):
    """Something that must not happen, and did: a row a thing, however often it came, until a person has seen it."""

    __tablename__ = "payment_alarm"
    id: Mapped[RowId]
    kind: Mapped[Word]
    subject: Mapped[Line]
    facts: Mapped[Json]
    times: Mapped[int]
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    seen_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    seen_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("times >= 1", name="came_once_at_least"),
        CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name="seen_is_dated"),
        Index("ux_payment_alarm_live", "kind", "subject", unique=True, postgresql_where=text("seen_at IS NULL")),
    )
