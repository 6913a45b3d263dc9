"""Named reads of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from core.errors import NotFound
from core.subscriptions.models import Subscription, SubscriptionMove, SubscriptionTerm

_FIND: Final = select(Subscription).where(Subscription.id == bindparam("subscription_id"))
_LOCK: Final = _FIND.with_for_update(key_share=True)
_LAST_TERM: Final = (
    select(SubscriptionTerm.id, SubscriptionTerm.tariff_id, SubscriptionTerm.from_day, SubscriptionTerm.until_day)
    .where(SubscriptionTerm.subscription_id == bindparam("subscription_id"))
    .order_by(SubscriptionTerm.from_day.desc())
)


@dataclass(frozen=True, slots=True)
class Service:
    """A subscription as its verbs need it."""

    subscription_id: int
    number: str
    customer_id: int
    place: str
    router_id: int
    grant_id: int | None
    state: str
    suspended_for: str | None
    slowed: bool
    pay: str
    anchor_day: int
    started_on: date | None
    ended_on: date | None
    billed_until: date | None
    next_bill_on: date | None
    promotion_id: int | None
    promotion_left: int
    promotion_runs: bool
    kept_days: int
    held_down_kbps: int | None
    held_up_kbps: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """Days on, under a tariff."""

    term_id: int
    tariff_id: int
    from_day: date
    until_day: date | None


def _service(row: Any) -> Service:
    return Service(
        subscription_id=row["id"],
        **{name: row[name] for name in Service.__dataclass_fields__ if name != "subscription_id"},
    )


def service(connection: Connection, subscription_id: int) -> Service:
    """A subscription by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_FIND, {"subscription_id": subscription_id}).mappings().first()
    if row is None:
        raise NotFound(what="subscription")
    return _service(row)


def locked(connection: Connection, subscription_id: int) -> Service:
    """The same, locked until the transaction ends: verbs of one subscription follow each other."""
    row = connection.execute(_LOCK, {"subscription_id": subscription_id}).mappings().first()
    if row is None:
        raise NotFound(what="subscription")
    return _service(row)


def services_of(connection: Connection, customer_id: int) -> list[Service]:
    """A customer's subscriptions, the newest last."""
    rows = connection.execute(
        select(Subscription).where(Subscription.customer_id == customer_id).order_by(Subscription.id)
    )
    return [_service(row) for row in rows.mappings()]


def terms(connection: Connection, subscription_id: int) -> list[Term]:
    """Its terms, the last first."""
    return [Term(*row) for row in connection.execute(_LAST_TERM, {"subscription_id": subscription_id})]


def moves(connection: Connection, subscription_id: int) -> list[dict[str, Any]]:
    """What was done to it, the last first."""
    rows = connection.execute(
        select(SubscriptionMove)
        .where(SubscriptionMove.subscription_id == subscription_id)
        .order_by(SubscriptionMove.id.desc())
    )
    return [dict(row) for row in rows.mappings()]
