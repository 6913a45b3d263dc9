"""A router that lost its memory gives the running session's time again: its own limit is made less by that.

RouterOS counts a session when its user logs out. A power cut takes the session uncounted, and at 1h59 of 2h the user
has two hours more, of which we notice nothing where we cannot reach the router. After a restart the limit is what the
router has counted and what is really left; it stays so until the router forgets more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.network.findings import Finding
from core.network.models import Placement
from core.network.place import place

# Each new limit is written to the router's flash: minutes it gives too much are not worth it.
WORTH_IT: Final = timedelta(minutes=1)


def tighten(
    tx: Transaction, *, router_id: int, findings: Sequence[Finding], restarted: bool, now: datetime
) -> list[int]:
    """Lessen the limits of grants whose time ran uncounted; their routers are told. Returns which."""
    counted = {
        finding.username: finding.counted_s
        for finding in findings
        if finding.counted_s is not None and (restarted or finding.missing)
    }
    rows = tx.execute(
        select(
            AccessGrant.id,
            AccessGrant.username,
            AccessGrant.first_used_at,
            AccessGrant.duration_s,
            Placement.forgotten_s,
        )
        .join(Placement, Placement.grant_id == AccessGrant.id)
        .where(
            Placement.router_id == router_id,
            AccessGrant.username.in_(list(counted)),
            AccessGrant.status == "running",
            AccessGrant.ends_at > now,
        )
        .order_by(AccessGrant.id)
        .with_for_update(of=AccessGrant, key_share=True)
    )
    tightened = []
    for row in rows.all():
        forgotten = int((now - row.first_used_at).total_seconds()) - (counted[row.username] or 0)
        if forgotten - row.forgotten_s < WORTH_IT.total_seconds():
            continue
        tx.execute(update(Placement).where(Placement.grant_id == row.id).values(forgotten_s=forgotten))
        place(tx, grant_id=row.id, wanted="present", now=now)
        tightened.append(int(row.id))
    return tightened
