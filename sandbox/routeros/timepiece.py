"""A router's time: seconds that only go forward, and a wall clock that may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


class Timepiece:
    """Runs on the clock it is given, plus what it was told to skip."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._skipped = 0.0
        self._wall_shift = 0.0
        self._booted = self.now()

    def now(self) -> float:
        """Give the seconds that sessions and uptime are counted in."""
        return self._clock() + self._skipped

    def uptime(self) -> int:
        """Give the seconds since the router started."""
        return int(self.now() - self._booted)

    def wall(self) -> datetime:
        """Give what the router believes the date is."""
        return datetime.fromtimestamp(self.now() + self._wall_shift, UTC)

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        self._skipped += seconds

    def boot(self) -> None:
        """Begin the uptime anew."""
        self._booted = self.now()

    def set_right(self) -> None:
        """Put the date right, as NTP does."""
        self._wall_shift = -self._skipped

    def forget_date(self) -> None:
        """Start the wall clock at 1970 again, as a router without a battery or NTP does."""
        self._wall_shift = -self.now()
