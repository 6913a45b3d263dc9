"""A new subscription: ordered, and waiting for its installation."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from core.catalog.models import Tariff
from core.catalog.promotions import promotion_for
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotFound, PlanGone, ReasonMissing
from core.ids import with_check_digit
from core.network.models import RouterRow
from core.subscriptions.models import SUBSCRIPTION_NUMBERS, Subscription, SubscriptionMove
from core.subscriptions.states import By

PLACE_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Added:
    """A fresh subscription."""

    subscription_id: int
    number: str


def add_subscription(
    tx: Transaction, *, customer_id: int, tariff_code: str, router_id: int, place: str, by: By
) -> Added:
    """Order a tariff for a customer at a place. A promotion that runs today is theirs for its periods.

    Raises:
        NotFound: no such tariff or router.
        PlanGone: the tariff is withdrawn.
        ReasonMissing: no place is named: the technician must know where to go.
    """
    today = juba_day(by.now)
    tariff = tx.execute(select(Tariff.id, Tariff.pay, Tariff.withdrawn_on).where(Tariff.code == tariff_code)).first()
    if tariff is None:
        raise NotFound(what="tariff")
    if tariff.withdrawn_on is not None and tariff.withdrawn_on <= today:
        raise PlanGone(code=tariff_code)
    if tx.execute(select(RouterRow.id).where(RouterRow.id == router_id)).first() is None:
        raise NotFound(what="router")
    if not place.strip():
        raise ReasonMissing
    promotion = promotion_for(tx.connection, tariff.id, today)
    number = with_check_digit(tx.execute(select(SUBSCRIPTION_NUMBERS.next_value())).scalar_one())
    subscription_id = tx.execute(
        insert(Subscription)
        .values(
            number=number,
            customer_id=customer_id,
            place=place.strip()[:PLACE_CHARS_MAX],
            router_id=router_id,
            state="pending",
            slowed=False,
            pay=tariff.pay,
            anchor_day=1,
            promotion_id=promotion.id if promotion else None,
            promotion_left=promotion.periods if promotion else 0,
            kept_days=0,
            added_at=by.now,
        )
        .returning(Subscription.id)
    ).scalar_one()
    tx.execute(
        insert(SubscriptionMove).values(
            subscription_id=subscription_id,
            verb="add",
            from_state="pending",
            to_state="pending",
            at=by.now,
            staff_id=by.staff_id,
            why=by.why,
            detail={"tariff": tariff.id},
        )
    )
    return Added(int(subscription_id), number)


def ordered_tariff(tx: Transaction, subscription_id: int) -> int:
    """The tariff a pending subscription was ordered with."""
    detail = tx.execute(
        select(SubscriptionMove.detail).where(
            SubscriptionMove.subscription_id == subscription_id, SubscriptionMove.verb == "add"
        )
    ).scalar_one()
    return int(detail["tariff"])
