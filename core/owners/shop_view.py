"""An owner's business as staff look at it: their networks with the routers, and what was agreed with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.errors import NotAnOwner
from core.owners.gifts_today import gifts_today

GIFTS_A_DAY_MOST: Final = 10_000  # as the table has it

_SHOP: Final = text("""
    SELECT o.state, o.signed_up_at, o.momo_phone, o.momo_name, o.momo_confirmed_at, o.giveaway_day_max,
           o.giveaway_once_per_phone_day, o.daily_summary, o.daily_payout
    FROM wifi_owner o WHERE o.customer_id = :owner
""")
_NETWORKS: Final = text("""
    SELECT h.id AS hotspot_id, h.code, h.ssid, h.place, h.reach, h.router_id, r.name AS router,
           r.failures > 0 AS is_off, h.admin_password_sealed IS NOT NULL AS has_password
    FROM hotspot h LEFT JOIN router r ON r.id = h.router_id
    WHERE h.owner_id = :owner AND h.closed_at IS NULL ORDER BY h.code
""")


@dataclass(frozen=True, slots=True)
class Shop:
    """An owner: the number their money goes to, and what they may and wish."""

    state: str
    signed_up_at: datetime
    momo_phone: str | None
    momo_name: str | None
    momo_confirmed_at: datetime | None
    giveaway_day_max: int
    giveaway_once_per_phone_day: bool
    daily_summary: bool
    daily_payout: bool
    given_today: int


@dataclass(frozen=True, slots=True)
class ShopNetwork:
    """A network and its router, None before it is connected. Its admin password itself is shown to nobody."""

    hotspot_id: int
    code: int
    ssid: str
    place: str
    reach: str
    router_id: int | None
    router: str | None
    is_off: bool | None
    has_password: bool


def shop_of(connection: Connection, owner_id: int, now: datetime) -> Shop:
    """What is known of an owner.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    row = connection.execute(_SHOP, {"owner": owner_id}).mappings().first()
    if row is None:
        raise NotAnOwner
    return Shop(**row, given_today=gifts_today(connection, owner_id, now))


def shop_networks(connection: Connection, owner_id: int) -> list[ShopNetwork]:
    """Their open networks, by the codes on the posters."""
    return [ShopNetwork(**row) for row in connection.execute(_NETWORKS, {"owner": owner_id}).mappings()]
