"""A router that lost its memory gives the data again that it had counted: its own limit is made less by that.

The same for bytes as `tighten` is for time. The limit goes on being less by as much until the router forgets more: each
new one is written to its flash.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from core.access.models import AccessGrant
from core.db.engine import Database, Transaction
from core.network.models import Placement, RouterRow
from core.network.place import place


def tell_forgotten(db: Database, now: datetime) -> list[int]:
    """Lessen the limits of grants whose router has forgotten more since they were told to it. Returns which."""
    return db.run(lambda tx: _lessen(tx, now))


def _lessen(tx: Transaction, now: datetime) -> list[int]:
    forgotten = AccessGrant.used_bytes - AccessGrant.reading_bytes
    rows = tx.execute(
        select(AccessGrant.id, forgotten.label("forgotten"))
        .join(Placement, Placement.grant_id == AccessGrant.id)
        .join(RouterRow, RouterRow.id == Placement.router_id)
        .where(
            RouterRow.access_by == "api",
            Placement.wanted == "present",
            AccessGrant.data_bytes.is_not(None),
            AccessGrant.status.in_(("waiting", "running")),
            forgotten > Placement.forgotten_bytes,
        )
        .order_by(AccessGrant.id)
        .with_for_update(of=AccessGrant, key_share=True)
    ).all()
    for row in rows:
        tx.execute(update(Placement).where(Placement.grant_id == row.id).values(forgotten_bytes=row.forgotten))
        place(tx, grant_id=row.id, wanted="present", now=now)
    return [int(row.id) for row in rows]
