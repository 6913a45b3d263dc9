"""Telling a router of a grant: the wish is a row, written with its cause; a worker makes it so."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.network.models import Placement

_FRESH: Final = upsert(Placement)
_WANT: Final = _FRESH.on_conflict_do_update(
    index_elements=[Placement.grant_id],
    set_={
        "wanted": _FRESH.excluded.wanted,
        "wanted_at": _FRESH.excluded.wanted_at,
        "confirmed_at": None,
        "tries": 0,
        "last_error": None,
    },
)


def place(tx: Transaction, *, grant_id: int, wanted: str, now: datetime, router_id: int | None = None) -> None:
    """Want a grant `present`, `disabled` or `absent` on its router, and wake the workers after commit."""
    if router_id is None:
        router_id = tx.execute(select(AccessGrant.router_id).where(AccessGrant.id == grant_id)).scalar_one()
    tx.execute(_WANT, {"grant_id": grant_id, "router_id": router_id, "wanted": wanted, "wanted_at": now, "tries": 0})
    tx.ring("router")
