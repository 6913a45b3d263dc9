"""A router's own time: how long it has been up, counted from when it began to run.

Sessions and looks are put in order by it, not by our clock, which may be put right by hours while they run. When the
router began is reckoned once, by our clock, and stays as it is while it runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.network.visits import Visit

A_MOMENT: Final = timedelta(milliseconds=1)  # an uptime is in whole seconds, and two looks can be made in one


def router_time(visit: Visit, uptime_s: int, asked_at: datetime, *, restarted: bool) -> tuple[datetime, datetime]:
    """When the router began to run, and when it was looked at now, by its own time.

    A look is later than the one before it; after a restart the router began later than that, too, wherever our clock
    was then.
    """
    up = timedelta(seconds=uptime_s)
    next_moment = visit.looked_at + A_MOMENT if visit.looked_at is not None else None
    booted_at = visit.booted_at
    if booted_at is None or restarted:
        booted_at = asked_at - up if next_moment is None else max(asked_at - up, next_moment)
    looked_at = booted_at + up
    return booted_at, looked_at if next_moment is None else max(looked_at, next_moment)
