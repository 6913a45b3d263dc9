"""Telling a router of a grant: the wish is a row, written with its cause; a worker makes it so.

A router that asks by RADIUS is told nothing: what it should hold is true as it is written, and only sessions that run
are spoken of.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, String, bindparam, case, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.network.kick import kick
from core.network.models import Placement, RouterRow

_NOW: Final = bindparam("now", type_=DateTime(timezone=True))


def _want(router_id: Any) -> Any:
    chosen = select(
        bindparam("grant_id", type_=BigInteger),
        RouterRow.id,
        bindparam("wanted", type_=String),
        _NOW,
        case((RouterRow.access_by == "radius", _NOW)),
        literal(0),
    ).where(RouterRow.id == router_id)
    columns = ("grant_id", "router_id", "wanted", "wanted_at", "confirmed_at", "tries")
    fresh = upsert(Placement).from_select(columns, chosen)
    return fresh.on_conflict_do_update(
        index_elements=[Placement.grant_id],
        set_={
            "wanted": fresh.excluded.wanted,
            "wanted_at": fresh.excluded.wanted_at,
            "confirmed_at": fresh.excluded.confirmed_at,
            "tries": 0,
            "last_error": None,
        },
    ).returning(Placement.confirmed_at)


_WANT_AT: Final = _want(bindparam("at_router", type_=BigInteger))
_WANT: Final = _want(
    select(AccessGrant.router_id).where(AccessGrant.id == bindparam("grant_id", type_=BigInteger)).scalar_subquery()
)


def place(tx: Transaction, *, grant_id: int, wanted: str, now: datetime, router_id: int | None = None) -> None:
    """Want a grant `present`, `disabled` or `absent` on its router, and wake the workers after commit."""
    facts = {"grant_id": grant_id, "wanted": wanted, "now": now}
    if router_id is None:
        confirmed_at = tx.execute(_WANT, facts).scalar_one()
    else:
        confirmed_at = tx.execute(_WANT_AT, facts | {"at_router": router_id}).scalar_one()
    if confirmed_at is None:
        tx.ring("router")
    else:
        kick(tx, grant_id=grant_id, act="change" if wanted == "present" else "disconnect", now=now)
