"""A network of an owner: its name in the air, and how its router is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import exists, insert, select, text, update

from core.db.engine import Transaction
from core.errors import MomoNotConfirmed, NotPossibleNow
from core.owners.limits import NETWORKS_PER_OWNER_MAX
from core.owners.locked import lock_owner
from core.owners.ssid import clean_ssid
from core.payouts.models import OwnerTerms
from core.tokens.models import Hotspot

Reach = Literal["mikrotik", "mikrotik_calls_home", "radius", "none"]
_CODES_IN_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('hotspot code', 0))")
_FREE_CODE: Final = text("""
    SELECT 1 + coalesce(max(code), 10) + CASE WHEN max(code) = 97 THEN 1 ELSE 0 END FROM hotspot
""")


@dataclass(frozen=True, slots=True)
class Network:
    """A network that was made. `code` stands on its poster."""

    hotspot_id: int
    code: int
    ssid: str


def add_network(tx: Transaction, *, owner_id: int, typed_ssid: str, place: str, reach: Reach) -> Network:
    """Add a network to an owner's. The same name again is the same network.

    It sells nothing before its router is known (`connect_network`): a person sees to that. `none`: nothing can let
    people in and out there, so no token is ever sold for it.

    Raises:
        InvalidSsid: no name that can be in the air.
        NotAnOwner, OwnerSuspended: they may not.
        NotPossibleNow: they have as many as an owner may have.
    """
    ssid = clean_ssid(typed_ssid)
    lock_owner(tx, owner_id)
    theirs = select(Hotspot.id, Hotspot.code, Hotspot.ssid).where(
        Hotspot.owner_id == owner_id, Hotspot.closed_at.is_(None)
    )
    networks = tx.execute(theirs).all()
    known = next((one for one in networks if one.ssid == ssid), None)
    if known is not None:
        return Network(*known)
    if len(networks) >= NETWORKS_PER_OWNER_MAX:
        raise NotPossibleNow(what="network", state="full")
    tx.execute(_CODES_IN_TURN)
    code = tx.execute(_FREE_CODE).scalar_one()
    fresh = insert(Hotspot).values(
        code=code, ssid=ssid, place=place.strip() or ssid, owner_id=owner_id, router_id=None, reach=reach
    )
    return Network(tx.execute(fresh.returning(Hotspot.id)).scalar_one(), code, ssid)


def connect_network(tx: Transaction, *, hotspot_id: int, router_id: int) -> None:
    """Say which router a network hangs on; from then on it sells.

    Raises:
        NotPossibleNow: it has one, or it is one that none can be known of.
        MomoNotConfirmed: its owner has no terms with us: of what is sold, nobody's share would be written down.
    """
    connected = update(Hotspot).where(Hotspot.id == hotspot_id, Hotspot.router_id.is_(None), Hotspot.reach != "none")
    row = tx.execute(connected.values(router_id=router_id).returning(Hotspot.id, Hotspot.owner_id)).first()
    if row is None:
        raise NotPossibleNow(what="network", state="connected")
    has_terms = select(exists().where(OwnerTerms.owner_id == row.owner_id))
    if row.owner_id is not None and not tx.execute(has_terms).scalar():
        raise MomoNotConfirmed
