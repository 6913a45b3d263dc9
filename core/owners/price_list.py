"""What an owner sells, at which price: our plans, at our prices where they have not set their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.catalog.models import Plan, PlanVersion
from core.catalog.queries import Offer, offers
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, NotFound, NotOnList, PlanGone, PriceChanged
from core.money import Money
from core.owners.limits import PRICE_LEAST, PRICE_MOST
from core.owners.locked import lock_owner
from core.owners.models import OwnerPrice

_PRICES: Final = (
    select(OwnerPrice.owner_id, Plan.code, OwnerPrice.price_minor, OwnerPrice.currency)
    .join(Plan, Plan.id == OwnerPrice.plan_id)
    .where(
        OwnerPrice.from_at <= bindparam("at"),
        or_(bindparam("everybody"), OwnerPrice.owner_id == bindparam("owner_id")),
    )
    .ext(distinct_on(OwnerPrice.owner_id, OwnerPrice.plan_id))
    .order_by(OwnerPrice.owner_id, OwnerPrice.plan_id, OwnerPrice.from_at.desc(), OwnerPrice.id.desc())
)

_PLAN_OF: Final = (
    select(Plan.code).join(PlanVersion, PlanVersion.plan_id == Plan.id).where(PlanVersion.id == bindparam("version_id"))
)


def set_owner_price(tx: Transaction, *, owner_id: int, plan_code: str, price: Money | None, now: datetime) -> None:
    """From now on an owner takes this for a plan; None: it is not on their list any more.

    Raises:
        AmountOutOfRange: a price that MoMo cannot collect.
        NotFound: no plan with this code.
        NotAnOwner, OwnerSuspended: they may not.
    """
    if price is not None and (price.currency != HOME_CURRENCY or not PRICE_LEAST <= price <= PRICE_MOST):
        raise AmountOutOfRange(least=PRICE_LEAST, most=PRICE_MOST)
    lock_owner(tx, owner_id)
    plan_id = tx.execute(select(Plan.id).where(Plan.code == plan_code)).scalar()
    if plan_id is None:
        raise NotFound(what="plan")
    minor = None if price is None else price.minor
    row = {"owner_id": owner_id, "plan_id": plan_id, "price_minor": minor, "currency": HOME_CURRENCY, "from_at": now}
    tx.execute(insert(OwnerPrice).values(row))


def owners_prices(
    connection: Connection, at: datetime, owner_id: int | None = None
) -> dict[int, dict[str, Money | None]]:
    """Owner -> plan -> their own price, None where it is off their list; of everybody without `owner_id`."""
    asked = {"at": at, "everybody": owner_id is None, "owner_id": owner_id or 0}
    prices: dict[int, dict[str, Money | None]] = defaultdict(dict)
    for row in connection.execute(_PRICES, asked):
        prices[row.owner_id][row.code] = None if row.price_minor is None else Money(row.price_minor, row.currency)
    return prices


def priced(sold: list[Offer], own: dict[str, Money | None]) -> list[Offer]:
    """The list of an owner: what is sold, at their own prices."""
    at_own = [replace(offer, price=own.get(offer.code, offer.price) or offer.price) for offer in sold]
    return [offer for offer in at_own if own.get(offer.code, offer.price) is not None]


def price_list(connection: Connection, owner_id: int, at: datetime) -> list[Offer]:
    """The list of an owner at a moment, in the order of the numbers people press."""
    return priced(offers(connection, at), owners_prices(connection, at, owner_id).get(owner_id, {}))


def on_list(connection: Connection, *, owner_id: int, version_id: int, shown: Money | None, at: datetime) -> Offer:
    """What was chosen, as the owner sells it now; `shown` is the price that was on the screen, if there was one.

    Raises:
        NotOnList: they do not sell this.
        PriceChanged: not at this price any more.
        PlanGone: at this price, but it is another plan by now.
    """
    code = connection.execute(_PLAN_OF, {"version_id": version_id}).scalar()
    offer = next((one for one in price_list(connection, owner_id, at) if one.code == code), None)
    if offer is None:
        raise NotOnList
    if shown is not None and offer.price != shown:
        raise PriceChanged(shown=shown, now=offer.price)
    if offer.version_id != version_id:
        raise PlanGone(code=offer.code)
    return offer
