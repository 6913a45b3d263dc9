"""What one process is made of, put together at the edge and handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.clock import Clock, ShiftedClock, SystemClock
from core.db.engine import Database
from core.ids import Ids, SystemIds
from core.sealing import Sealer
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Settings, database, clock, ids and seals of this process."""

    settings: Settings
    db: Database
    clock: Clock
    ids: Ids
    sealer: Sealer


def assemble(settings: Settings, *, ring: Callable[[str], None], pool_size: int = 5) -> Parts:
    """Build the parts. No connection is made until one is needed."""
    offset_file = settings.clock_offset_file
    return Parts(
        settings=settings,
        db=Database(settings.database_url, pool_size=pool_size, ring=ring),
        clock=ShiftedClock(offset_file) if offset_file else SystemClock(),
        ids=SystemIds(),
        sealer=Sealer(settings.encryption_keys),
    )
