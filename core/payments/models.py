"""Tables of payments."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Json, Line, Minor, Phone, Prose, Ref, Reference, RowId, Table, Word

RECEIPT_NUMBERS = Sequence("receipt_number", start=10000, metadata=Table.metadata)
INTENT_STATES = "'created', 'submitted', 'paid', 'refused', 'expired', 'unknown'"


class PaymentIntent(Table):
    """A payment we mean to collect, written before the provider is asked. `reference` is its key there too.

    `platform` is where the provider is asked: it can be sent, and asked about, nowhere else.
    `purpose` and `purpose_body` name what it is for; `request_key` makes the asking once.
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
    __table_args__ = (
        CheckConstraint(f"state IN ({INTENT_STATES})", name="state_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(state IN ('created', 'submitted')) = (ended_at IS NULL)", name="ended_is_dated"),
        Index("ix_payment_intent_ask_again_at", "ask_again_at", postgresql_where=text("ask_again_at IS NOT NULL")),
        Index("ix_payment_intent_customer_id", "customer_id", "id"),
        Index(
            "ix_payment_intent_open",
            "customer_id",
            "purpose",
            postgresql_where=text("state IN ('created', 'submitted')"),
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
    """Money that came in, once. (provider, reference) is unique for ever: no payment is credited twice."""

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
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference", name="uq_receipt_provider_reference"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(provider = 'cash') = (staff_id IS NOT NULL)", name="cash_has_a_taker"),
        CheckConstraint("(provider = 'cash') = (intent_id IS NULL)", name="provider_has_its_intent"),
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
