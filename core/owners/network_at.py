"""A network as whoever stands before it sees it: by the code on its poster, what it sells, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from core.catalog.queries import Offer, offers
from core.owners.price_list import price_list
from core.phones import western_digits

CODE_DIGITS_MAX: Final = 9  # what a column of whole numbers holds for certain
_AT: Final = text("""
    SELECT h.id AS hotspot_id, h.code, h.ssid, h.owner_id, h.router_id, h.closed_at IS NULL AS is_open,
           h.owner_id IS NULL OR (c.status = 'active' AND coalesce(w.state, 'active') = 'active') AS may_sell
    FROM hotspot h LEFT JOIN customer c ON c.id = h.owner_id LEFT JOIN wifi_owner w ON w.customer_id = h.owner_id
    WHERE h.code = :code
""")


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network. It `may_sell` unless its owner is suspended; without `router_id` it is not connected yet."""

    hotspot_id: int
    code: int
    ssid: str
    owner_id: int | None
    router_id: int | None
    is_open: bool
    may_sell: bool

    @property
    def sells(self) -> bool:
        """Whether something can be bought for it now."""
        return self.is_open and self.may_sell and self.router_id is not None


def code_on_poster(typed: str) -> int | None:
    """The code somebody means: leading zeros, spaces and digits of any script are the same; None: no code."""
    plain = "".join(western_digits(typed).split())
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain.lstrip("0")) <= CODE_DIGITS_MAX else None


def network_at(connection: Connection, code: int) -> NetworkView | None:
    """The network with this code, whatever became of it."""
    row = connection.execute(_AT, {"code": code}).mappings().first()
    return None if row is None else NetworkView(**row)


def offers_at(connection: Connection, network: NetworkView, at: datetime) -> list[Offer]:
    """What it sells, at its owner's prices where it has an owner; nothing while it may not."""
    if not network.sells:
        return []
    return offers(connection, at) if network.owner_id is None else price_list(connection, network.owner_id, at)
