"""Tables of credits for outages: the policy by day, what was decided of each outage, and each credit given."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Minor, Ref, RowId, Table


class OutagePolicy(Table):
    """From a day on, outages of so many hours or more are credited; none where `hours_min` is none.

    Rows are never changed: of one day the last counts. Without any row nothing is credited.
    """

    __tablename__ = "outage_policy"
    id: Mapped[RowId]
    from_day: Mapped[Day]
    hours_min: Mapped[int | None]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (CheckConstraint("hours_min BETWEEN 1 AND 720", name="hours_possible"),)


class OutageDecision(Table):
    """An outage that is over and was looked at: every credit it gives is given. No policy: it gave none."""

    __tablename__ = "outage_decision"
    outage_id: Mapped[Ref] = mapped_column(ForeignKey("router_outage.id"), primary_key=True)
    policy_id: Mapped[Ref | None] = mapped_column(ForeignKey("outage_policy.id"))
    decided_at: Mapped[Instant]


class OutageCredit(Table):
    """What a service got for an outage: once each."""

    __tablename__ = "outage_credit"
    outage_id: Mapped[Ref] = mapped_column(ForeignKey("router_outage.id"), primary_key=True)
    subscription_id: Mapped[Ref] = mapped_column(ForeignKey("subscription.id"), primary_key=True)
    policy_id: Mapped[Ref] = mapped_column(ForeignKey("outage_policy.id"))
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    seconds: Mapped[int]
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    credited_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("amount_minor > 0 AND seconds > 0", name="for_something"),
        Index("ix_outage_credit_subscription_id", "subscription_id"),
    )
