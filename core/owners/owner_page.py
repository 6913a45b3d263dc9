"""What an owner sees of what is theirs: networks, helpers, the number their money goes to, what they give away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from core.errors import NotFound
from core.owners.gifts_today import gifts_today
from core.owners.limits import CODE_LIVES, CODE_TRIES_MAX

_NETWORKS: Final = text("""
    SELECT id AS hotspot_id, code, ssid, place, reach, router_id IS NOT NULL AS sells,
           admin_password_sealed IS NOT NULL AS has_password
    FROM hotspot WHERE owner_id = :owner AND closed_at IS NULL ORDER BY code
""")
_HELPERS: Final = text("""
    SELECT c.name, n.phone, h.added_at
    FROM wifi_helper h JOIN customer c ON c.id = h.helper_id JOIN contact n ON n.customer_id = c.id AND n.is_main
    WHERE h.owner_id = :owner AND h.removed_at IS NULL ORDER BY h.id
""")
_OWNER: Final = text("""
    SELECT o.momo_phone, o.momo_name, o.momo_confirmed_at, o.giveaway_day_max, o.giveaway_once_per_phone_day,
           o.daily_summary, o.daily_payout,
           m.phone AS asked_phone
    FROM wifi_owner o LEFT JOIN momo_code m
      ON m.owner_id = o.customer_id AND m.used_at IS NULL AND m.tries < :tries_max AND m.sent_at > :since
    WHERE o.customer_id = :owner
""")


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network: `code` stands on its poster; without a router it does not sell yet. Its password is nobody's here."""

    hotspot_id: int
    code: int
    ssid: str
    place: str
    reach: str
    sells: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class HelperView:
    """Somebody who sells for an owner."""

    name: str
    phone: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """An owner's own facts. `asked_phone`: a code went there, and it is awaited."""

    momo_phone: str | None
    momo_name: str | None
    momo_confirmed_at: datetime | None
    giveaway_day_max: int
    giveaway_once_per_phone_day: bool
    daily_summary: bool
    daily_payout: bool
    given_today: int
    asked_phone: str | None


def networks_of(connection: Connection, owner_id: int) -> list[NetworkView]:
    """The open networks of an owner, by their codes."""
    return [NetworkView(**row) for row in connection.execute(_NETWORKS, {"owner": owner_id}).mappings()]


def network_of(connection: Connection, owner_id: int, hotspot_id: int) -> NetworkView:
    """One of them.

    Raises:
        NotFound: it is not theirs, or closed.
    """
    found = next((one for one in networks_of(connection, owner_id) if one.hotspot_id == hotspot_id), None)
    if found is None:
        raise NotFound(what="network")
    return found


def helpers_of(connection: Connection, owner_id: int) -> list[HelperView]:
    """Who sells for an owner now."""
    return [HelperView(**row) for row in connection.execute(_HELPERS, {"owner": owner_id}).mappings()]


def owner_page(connection: Connection, owner_id: int, now: datetime) -> OwnerPage:
    """The facts of an owner who is one."""
    asked: dict[str, Any] = {"owner": owner_id, "since": now - CODE_LIVES, "tries_max": CODE_TRIES_MAX}
    row = connection.execute(_OWNER, asked).mappings().one()
    return OwnerPage(**row, given_today=gifts_today(connection, owner_id, now))
