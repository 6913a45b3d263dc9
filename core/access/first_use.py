"""The first use of a grant starts its clock, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Interval, cast, func, literal, update

from core.access.models import AccessGrant
from core.db.engine import Transaction


def mark_first_use(tx: Transaction, *, grant_id: int, used_at: datetime) -> bool:
    """Start the clock of a grant that waits. False: it runs already or is over.

    `used_at` is bounded by the moment it was granted: a router whose clock fell to 1970 cannot backdate it.
    """
    one_second = cast(literal(timedelta(seconds=1)), Interval)
    began = update(AccessGrant).where(AccessGrant.id == grant_id, AccessGrant.status == "waiting")
    start = func.greatest(used_at, AccessGrant.granted_at)
    moved = tx.execute(
        began.values(
            status="running", first_used_at=start, ends_at=start + AccessGrant.duration_s * one_second
        ).returning(AccessGrant.id)
    ).scalar()
    return moved is not None
