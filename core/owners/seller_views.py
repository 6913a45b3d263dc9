"""Who sells where, for the screens: every owner and helper, with their networks and list."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, or_, select

from core.catalog.queries import Offer
from core.owners.models import WifiHelper, WifiOwner
from core.owners.price_list import owners_prices, priced
from core.tokens.models import Hotspot


@dataclass(frozen=True, slots=True)
class SellerView:
    """An owner (`is_owner`) or a helper: the ids of the networks that sell now, and the list."""

    owner_id: int
    is_owner: bool
    hotspot_ids: tuple[int, ...]
    offers: tuple[Offer, ...]


_OWNERS: Final = select(WifiOwner.customer_id)
_HELPERS: Final = select(WifiHelper.helper_id, WifiHelper.owner_id).where(WifiHelper.removed_at.is_(None))


def sellers(connection: Connection, sold: list[Offer], at: datetime) -> dict[int, SellerView]:
    """Customer -> what they sell. In a few reads, however many they are: for what all callers of a process share."""
    owner_ids = list(connection.execute(_OWNERS).scalars())
    if not owner_ids:
        return {}
    spots: dict[int, list[int]] = defaultdict(list)
    rows = connection.execute(
        select(Hotspot.id, Hotspot.owner_id)
        .where(
            Hotspot.owner_id.is_not(None),
            Hotspot.router_id.is_not(None),
            or_(Hotspot.closed_at.is_(None), Hotspot.closed_at > at),
        )
        .order_by(Hotspot.code)
    )
    for row in rows:
        spots[row.owner_id].append(row.id)
    own = owners_prices(connection, at)
    lists = {owner: tuple(priced(sold, own[owner])) if owner in own else tuple(sold) for owner in owner_ids}
    found = {owner: SellerView(owner, True, tuple(spots[owner]), lists[owner]) for owner in owner_ids}
    for helper_id, owner_id in connection.execute(_HELPERS):
        found[helper_id] = SellerView(owner_id, False, tuple(spots[owner_id]), lists[owner_id])
    return found
