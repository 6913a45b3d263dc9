"""How much a grant has used, over all that its router forgets."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from core.access.models import AccessGrant
from core.db.engine import Transaction


@dataclass(frozen=True, slots=True)
class Reading:
    """What a router counts of a grant: all of it, and the part already credited when sessions ended.

    A power cut takes what is not credited; removing the user takes everything.
    """

    total: int
    credited: int


def used_since(last: Reading, now: Reading, *, restarted: bool) -> int:
    """How many bytes were used between two readings, at the least.

    A total that fell means that the router forgot. So does a restart, however high the new total is, unless the
    sessions were credited before it.
    """
    forgot = now.total < last.total or (restarted and now.credited < last.total)
    if not forgot:
        return now.total - last.total
    # The sessions are gone and the credit is kept, or the user was made anew and counts from nothing.
    return now.total - last.credited if now.total >= last.credited else now.total


def record_usage(tx: Transaction, *, grant_id: int, reading: Reading, restarted: bool) -> bool:
    """Add what was used since the last reading. True: the router forgot some, so its own limit is too high now."""
    row = tx.execute(
        select(AccessGrant.used_bytes, AccessGrant.reading_bytes, AccessGrant.credited_bytes)
        .where(AccessGrant.id == grant_id)
        .with_for_update(key_share=True)
    ).one()
    last = Reading(row.reading_bytes, row.credited_bytes)
    if reading == last:
        return False
    used = row.used_bytes + used_since(last, reading, restarted=restarted)
    tx.execute(
        update(AccessGrant)
        .where(AccessGrant.id == grant_id)
        .values(used_bytes=used, reading_bytes=reading.total, credited_bytes=reading.credited)
    )
    return bool(used - reading.total > row.used_bytes - last.total)
