"""Tables of subscriptions. The guards that span rows stand in the migrations."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Currency, Day, Instant, Json, Line, Minor, Ref, RowId, Table, Word

SUBSCRIPTION_NUMBERS = Sequence("subscription_number", start=2000, metadata=Table.metadata)
STATES = "'pending', 'active', 'paused', 'suspended', 'terminated'"


class Subscription(Table):
    """A service of a customer at a place. `billed_until` is the first day no document has billed yet.

    `next_bill_on` is the day on which the billing run looks at it; None while there is nothing to bill.
    `suspended_for`: an unpaid invoice, a balance too small to renew it (lapsed), or by staff. `slowed`: it is slow
    for an unpaid bill. `promotion_left` counts the periods that are still reduced,
    `promotion_runs` says whether the one billed last is. `kept_days` were paid in advance
    and not used before a pause; they are given when the service goes on. `on_unpaid`: its paid days are over and it is
    on all the same, while money is on its way or no rate is known. `held_down_kbps`, `held_up_kbps`: the speed
    fair use holds it to.
    """

    __tablename__ = "subscription"
    id: Mapped[RowId]
    number: Mapped[Word] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    place: Mapped[Line]
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    grant_id: Mapped[Ref | None] = mapped_column(ForeignKey("access_grant.id"), unique=True)
    state: Mapped[Word]
    suspended_for: Mapped[Word | None]
    slowed: Mapped[bool]
    pay: Mapped[Word]
    anchor_day: Mapped[int]
    started_on: Mapped[Day | None]
    ended_on: Mapped[Day | None]
    billed_until: Mapped[Day | None]
    next_bill_on: Mapped[Day | None]
    promotion_id: Mapped[Ref | None] = mapped_column(ForeignKey("promotion.id"))
    promotion_left: Mapped[int]
    promotion_runs: Mapped[bool] = mapped_column(server_default=text("false"))
    kept_days: Mapped[int]
    on_unpaid: Mapped[bool] = mapped_column(server_default=text("false"))
    held_down_kbps: Mapped[int | None]
    held_up_kbps: Mapped[int | None]
    added_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="state_known"),
        CheckConstraint("suspended_for IN ('unpaid', 'lapsed', 'staff')", name="suspended_for_known"),
        CheckConstraint("(state = 'suspended') = (suspended_for IS NOT NULL)", name="suspended_for_a_reason"),
        CheckConstraint("pay IN ('prepaid', 'postpaid')", name="pay_known"),
        CheckConstraint("anchor_day BETWEEN 1 AND 31", name="anchor_in_a_month"),
        CheckConstraint("state IN ('pending', 'terminated') OR started_on IS NOT NULL", name="started_is_dated"),
        CheckConstraint("(state = 'terminated') = (ended_on IS NOT NULL)", name="ended_is_dated"),
        CheckConstraint("ended_on >= started_on", name="ends_after_start"),
        CheckConstraint("(held_down_kbps IS NULL) = (held_up_kbps IS NULL)", name="held_both_ways"),
        CheckConstraint("promotion_left >= 0 AND kept_days >= 0", name="counts_not_negative"),
        Index("ix_subscription_next_bill_on", "next_bill_on", "id", postgresql_where=text("next_bill_on IS NOT NULL")),
    )


class SubscriptionTerm(Table):
    """From one day up to another the service was on, under this tariff. Terms of one subscription never overlap.

    What is billed is computed from terms: days between them are days off, and cost nothing. The version that counts
    is the one of the first day billed, so a price changes with the next period, never within one.
    """

    __tablename__ = "subscription_term"
    id: Mapped[RowId]
    subscription_id: Mapped[Ref] = mapped_column(ForeignKey("subscription.id"))
    from_day: Mapped[Day]
    until_day: Mapped[Day | None]
    tariff_id: Mapped[Ref] = mapped_column(ForeignKey("tariff.id"))
    __table_args__ = (
        CheckConstraint("until_day > from_day", name="lasts"),
        Index("ix_subscription_term_subscription_id", "subscription_id", "from_day"),
    )


class BoughtData(Table):
    """Data bought beside a service's own, good from a day until another (not included). Never changed.

    `after_bytes` is what counted of that day when it was bought; `core.subscriptions.bought_data` says what it serves.
    `price_minor` is all that was paid, with taxes, on its invoice.
    """

    __tablename__ = "bought_data"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    subscription_id: Mapped[Ref] = mapped_column(ForeignKey("subscription.id"))
    data_bytes: Mapped[Bytes]
    day: Mapped[Day]
    until_day: Mapped[Day]
    after_bytes: Mapped[Bytes]
    price_minor: Mapped[Minor]
    currency: Mapped[Currency]
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"), unique=True)
    bought_at: Mapped[Instant]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    __table_args__ = (
        CheckConstraint("data_bytes > 0 AND after_bytes >= 0", name="some_data"),
        CheckConstraint("until_day > day", name="lasts"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        Index("ix_bought_data_subscription_id", "subscription_id", "until_day"),
    )


class SubscriptionMove(Table):
    """One act on a subscription: what, from which state to which, when, who and why."""

    __tablename__ = "subscription_move"
    id: Mapped[RowId]
    subscription_id: Mapped[Ref] = mapped_column(ForeignKey("subscription.id"))
    verb: Mapped[Word]
    from_state: Mapped[Word]
    to_state: Mapped[Word]
    at: Mapped[Instant]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    why: Mapped[Line]
    detail: Mapped[Json]
    __table_args__ = (
        CheckConstraint("why <> ''", name="has_a_reason"),
        Index("ix_subscription_move_subscription_id", "subscription_id", "id"),
    )
