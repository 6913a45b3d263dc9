"""Ending what is over: time run out or data used up. The router is told by the same transaction's wish."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select, update

from core.access.models import AccessGrant
from core.db.engine import Database, Transaction
from core.network.models import Placement
from core.network.place_many import place_many

BATCH_MAX: Final = 500
# How long an ended user stays on its router, disabled: long enough to explain it, short enough to keep it small.
KEPT_DISABLED: Final = timedelta(days=1)


def expire_due(db: Database, now: datetime) -> int:
    """End every grant that is over. Returns how many. Resumable anywhere: each batch is its own transaction."""
    total = 0
    while True:
        ended = db.run(lambda tx: _expire_batch(tx, now))
        total += ended
        if ended < BATCH_MAX:
            return total


def _expire_batch(tx: Transaction, now: datetime) -> int:
    over = or_(
        AccessGrant.ends_at <= now,
        and_(AccessGrant.data_bytes.is_not(None), AccessGrant.used_bytes >= AccessGrant.data_bytes),
    )
    # Grants first, then placements, as whoever records a visit does.
    due = (
        tx.execute(
            select(AccessGrant.id)
            .where(AccessGrant.status == "running", over)
            .order_by(AccessGrant.id)
            .limit(BATCH_MAX)
            .with_for_update(skip_locked=True, key_share=True)
        )
        .scalars()
        .all()
    )
    tx.execute(update(AccessGrant).where(AccessGrant.id.in_(due)).values(status="expired", closed_at=now))
    place_many(tx, grant_ids=due, wanted="disabled", now=now)
    return len(due)


def forget_long_ended(db: Database, now: datetime) -> int:
    """Take users that ended a day ago off their routers altogether. Returns how many are to go."""
    with db.transaction() as tx:
        due = (
            tx.execute(
                select(Placement.grant_id)
                .where(
                    Placement.wanted == "disabled",
                    Placement.confirmed_at.is_not(None),
                    Placement.wanted_at <= now - KEPT_DISABLED,
                )
                .limit(BATCH_MAX)
                .with_for_update(skip_locked=True)
            )
            .scalars()
            .all()
        )
        place_many(tx, grant_ids=due, wanted="absent", now=now)
    return len(due)
