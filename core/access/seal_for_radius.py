"""Passwords sealed for the RADIUS server: of grants from before there was one, and under a new key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from core.access.models import AccessGrant, RadiusGuess
from core.db.engine import Database, Transaction
from core.logs import log
from core.sealing import SealBrokenError, Sealer

LOG = log("access.seal_for_radius")
BATCH_MAX: Final = 500
GUESSES_KEPT: Final = timedelta(hours=1)  # six windows: nothing of them counts any more


def seal_for_radius(db: Database, sealer: Sealer, *, all_keys: bool = False) -> int:
    """Seal the password of every grant that is not over and has none; with `all_keys`, those of older keys too.

    Returns how many. Resumable anywhere: each batch is its own transaction.
    """
    sealed, after = 0, 0
    while True:
        seen, last = db.run(lambda tx, after=after: _seal_batch(tx, sealer, after, all_keys=all_keys))  # type: ignore[misc]
        sealed += seen
        if last is None:
            return sealed
        after = last


def _seal_batch(tx: Transaction, sealer: Sealer, after: int, *, all_keys: bool) -> tuple[int, int | None]:
    due: list[Any] = [AccessGrant.id > after, AccessGrant.closed_at.is_(None)]
    if not all_keys:
        due.append(AccessGrant.radius_sealed.is_(None))
    rows = tx.execute(
        select(AccessGrant.id, AccessGrant.password_sealed, AccessGrant.radius_sealed)
        .where(*due)
        .order_by(AccessGrant.id)
        .limit(BATCH_MAX)
        .with_for_update(key_share=True)
    ).all()
    sealed = 0
    for row in rows:
        if row.radius_sealed is not None and sealer.radius.is_by_newest(row.radius_sealed):
            continue
        try:
            fresh = sealer.radius.seal(sealer.open(row.password_sealed))
        except SealBrokenError:
            LOG.error("a seal is broken", grant=row.id)  # noqa: TRY400 - nothing more to know
            continue
        tx.execute(update(AccessGrant).where(AccessGrant.id == row.id).values(radius_sealed=fresh))
        sealed += 1
    return sealed, rows[-1].id if len(rows) == BATCH_MAX else None


def forget_guesses(db: Database, now: datetime) -> None:
    """Forget failed log-ins that count no more."""
    with db.transaction() as tx:
        tx.execute(delete(RadiusGuess).where(RadiusGuess.began_at <= now - GUESSES_KEPT))
