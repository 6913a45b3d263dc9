"""A service moves to another place, on the same router or another."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core.access.grant import Granted
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotFound, ReasonMissing
from core.ids import Ids
from core.network.models import RouterRow
from core.sealing import Sealer
from core.subscriptions import access
from core.subscriptions.add import PLACE_CHARS_MAX
from core.subscriptions.queries import locked
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of


def relocate(
    tx: Transaction, *, subscription_id: int, router_id: int, place: str, by: By, ids: Ids, sealer: Sealer
) -> Granted | None:
    """Move it. On another router it has fresh credentials, which are returned; the old ones end.

    What was used with the old ones is billed with the rest: the move names the grant it left.

    Raises:
        NotPossibleNow: it has not begun, or has ended.
        NotFound: no such router.
        ReasonMissing: no place is named.
    """
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "relocate")
    if not place.strip():
        raise ReasonMissing
    if tx.execute(select(RouterRow.id).where(RouterRow.id == router_id)).first() is None:
        raise NotFound(what="router")
    detail = {"from": service.place, "from_router": service.router_id}
    where = place.strip()[:PLACE_CHARS_MAX]
    if router_id == service.router_id:
        move(tx, service, "relocate", by, detail, place=where)
        return None
    terms = tariff_of(tx, service, juba_day(by.now))
    granted = access.open_access(tx, router_id=router_id, terms=terms, now=by.now, ids=ids, sealer=sealer)
    left = detail | {"left_grant": service.grant_id}
    move(tx, service, "relocate", by, left, place=where, router_id=router_id, grant_id=granted.grant_id)
    access.close(tx, service, by.now)
    moved = replace(service, router_id=router_id, grant_id=granted.grant_id)
    if service.slowed or access.held(service) is not None:
        access.set_speed(tx, moved, terms, by.now, slowed=service.slowed)
    if service.state != "active":
        access.stop(tx, moved, by.now)
    return granted
