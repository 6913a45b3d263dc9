"""How much a grant has used, over all that its router forgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.models import AccessGrant, GrantUsage
from core.db.engine import Transaction

_FRESH: Final = upsert(GrantUsage)
_ADD: Final = _FRESH.on_conflict_do_update(
    index_elements=[GrantUsage.grant_id, GrantUsage.day],
    set_={"used_bytes": GrantUsage.used_bytes + _FRESH.excluded.used_bytes},
)


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


def record_usage(tx: Transaction, *, grant_id: int, reading: Reading, restarted: bool, day: date) -> bool:
    """Add what was used since the last reading, to the total and to its day.

    True: the router forgot some, so its own limit is too high now.
    """
    row = tx.execute(
        select(AccessGrant.used_bytes, AccessGrant.reading_bytes, AccessGrant.credited_bytes)
        .where(AccessGrant.id == grant_id)
        .with_for_update(key_share=True)
    ).one()
    last = Reading(row.reading_bytes, row.credited_bytes)
    if reading == last:
        return False
    fresh = used_since(last, reading, restarted=restarted)
    used = row.used_bytes + fresh
    if fresh > 0:
        tx.execute(_ADD, {"grant_id": grant_id, "day": day, "used_bytes": fresh})
    tx.execute(
        update(AccessGrant)
        .where(AccessGrant.id == grant_id)
        .values(used_bytes=used, reading_bytes=reading.total, credited_bytes=reading.credited)
    )
    return bool(used - reading.total > row.used_bytes - last.total)
