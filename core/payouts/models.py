"""Tables of payouts."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Json, Line, Minor, Phone, Ref, Reference, RowId, Table, Word

PAYOUT_STATES = "'waiting', 'approved', 'submitted', 'paid', 'refused', 'unknown', 'cancelled'"


class Payout(Table):
    """Money to leave for somebody. `reference` is its key at the provider, made before anything is sent.

    `rail` is where it goes: a provider's, `cash`, or `by_hand` (a bank or a wallet without an API, sent by a person).
    `sent_as` is how the provider is told: a `transfer`, or the `refund` of what it collected. From `approved` on the
    amount is held on `payout:held`, and leaves it once: from our account `paid_from`, or back to `source`. Of a payee
    the provider would not speak of, `payee_checked_at` is all that is known.
    """

    __tablename__ = "payout"
    id: Mapped[RowId]
    reference: Mapped[Reference] = mapped_column(unique=True)
    request_key: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    rail: Mapped[Word]
    platform: Mapped[Line | None]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    receipt_id: Mapped[Ref | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    payee_phone: Mapped[Phone | None]
    payee_name: Mapped[Line | None]
    payee_active: Mapped[bool | None]
    payee_checked_at: Mapped[Instant | None]
    sent_as: Mapped[Word | None]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    source: Mapped[Word]
    reason: Mapped[Line]
    state: Mapped[Word]
    needs_second: Mapped[bool]
    asked_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    asked_at: Mapped[Instant]
    approved_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    approved_at: Mapped[Instant | None]
    hold_entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    end_entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    paid_from: Mapped[Word | None]
    provider_reference: Mapped[Line | None]
    failure: Mapped[Word | None]
    raw_failure: Mapped[Line | None]
    submitted_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    ask_again_at: Mapped[Instant | None]
    asks: Mapped[int]
    __table_args__ = (
        CheckConstraint("kind IN ('transfer', 'refund')", name="kind_known"),
        CheckConstraint(f"state IN ({PAYOUT_STATES})", name="state_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(kind = 'refund') = (receipt_id IS NOT NULL)", name="refund_names_what_came"),
        CheckConstraint("state IN ('waiting', 'cancelled') OR hold_entry_id IS NOT NULL", name="sent_is_held"),
        CheckConstraint("(state IN ('paid', 'refused')) = (end_entry_id IS NOT NULL)", name="ended_is_posted"),
        CheckConstraint("NOT needs_second OR approved_by IS NULL OR approved_by <> asked_by", name="two_people"),
        CheckConstraint("rail IN ('mtn-momo', 'cash', 'by_hand')", name="rail_known"),
        CheckConstraint(
            "rail <> 'mtn-momo' OR platform IS NOT NULL AND payee_phone IS NOT NULL AND sent_as IS NOT NULL",
            name="momo_is_addressed",
        ),
        CheckConstraint("sent_as = 'transfer' OR sent_as = 'refund' AND kind = 'refund'", name="sent_as_known"),
        CheckConstraint("(state = 'paid') = (paid_from IS NOT NULL)", name="paid_left_somewhere"),
        UniqueConstraint("paid_from", "provider_reference", name="uq_payout_paid_from_provider_reference"),
        Index("ix_payout_ask_again_at", "ask_again_at", postgresql_where=text("ask_again_at IS NOT NULL")),
        Index("ix_payout_open", "state", postgresql_where=text("state NOT IN ('paid', 'refused', 'cancelled')")),
    )


class PayoutMove(Table):
    """One change of a payout's state: from, to, when, by whom, and why we believed it."""

    __tablename__ = "payout_move"
    id: Mapped[RowId]
    payout_id: Mapped[Ref] = mapped_column(ForeignKey("payout.id"), index=True)
    from_state: Mapped[Word]
    to_state: Mapped[Word]
    at: Mapped[Instant]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    why: Mapped[Json]
    __table_args__ = (CheckConstraint("from_state <> to_state", name="moves"),)


class OwnerTerms(Table):
    """What a Wi-Fi owner agreed to from a day on, in millionths: our commission of a price, the tax of their shares."""

    __tablename__ = "owner_terms"
    id: Mapped[RowId]
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    from_day: Mapped[Day]
    commission_millionths: Mapped[Minor]
    withholding_millionths: Mapped[Minor]
    payout_phone: Mapped[Phone]
    set_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    set_at: Mapped[Instant]
    __table_args__ = (
        UniqueConstraint("owner_id", "from_day", name="uq_owner_terms_from_day"),
        CheckConstraint("commission_millionths BETWEEN 0 AND 1000000", name="commission_is_a_share"),
        CheckConstraint("withholding_millionths BETWEEN 0 AND 1000000", name="withholding_is_a_share"),
    )


class Settlement(Table):
    """What was netted with a Wi-Fi owner at one moment: shares, our commission, tax kept back; the rest is paid.

    `carried_minor` was settled before and could not be paid out; it is paid, or netted, together with this one.
    """

    __tablename__ = "settlement"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    until: Mapped[Instant]
    currency: Mapped[Currency]
    shares_minor: Mapped[Minor]
    commission_minor: Mapped[Minor]
    withheld_minor: Mapped[Minor]
    net_minor: Mapped[Minor]
    carried_minor: Mapped[Minor]
    entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    payout_id: Mapped[Ref | None] = mapped_column(ForeignKey("payout.id"), unique=True)
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("shares_minor >= 0 AND commission_minor >= 0 AND withheld_minor >= 0", name="not_negative"),
        CheckConstraint("net_minor = shares_minor - commission_minor - withheld_minor", name="net_is_the_rest"),
        CheckConstraint("carried_minor >= 0 AND net_minor + carried_minor >= 0", name="nobody_pays_us"),
        CheckConstraint("net_minor + carried_minor > 0 OR payout_id IS NULL", name="paid_only_what_is_left"),
    )


class PreApproval(Table):
    """A customer's standing consent to be charged by MoMo: how much, how often a month, below what balance."""

    __tablename__ = "pre_approval"
    id: Mapped[RowId]
    reference: Mapped[Reference] = mapped_column(unique=True)
    request_key: Mapped[Line] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    phone: Mapped[Phone]
    platform: Mapped[Line]
    amount_minor: Mapped[Minor]
    below_minor: Mapped[Minor]
    times_a_month_max: Mapped[int]
    currency: Mapped[Currency]
    state: Mapped[Word]
    asked_at: Mapped[Instant]
    valid_until: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    ask_again_at: Mapped[Instant | None]
    asks: Mapped[int]
    announced_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("state IN ('created', 'submitted', 'agreed', 'refused', 'ended')", name="state_known"),
        CheckConstraint("amount_minor > 0 AND below_minor > 0", name="amounts_positive"),
        CheckConstraint("times_a_month_max BETWEEN 1 AND 31", name="times_are_few"),
        CheckConstraint("(state IN ('refused', 'ended')) = (ended_at IS NOT NULL)", name="ended_is_dated"),
        Index(
            "ux_pre_approval_live",
            "customer_id",
            unique=True,
            postgresql_where=text("state IN ('created', 'submitted', 'agreed')"),
        ),
    )
