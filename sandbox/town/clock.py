"""The town's clock: the machine's, plus whole seconds in a file that all processes of the demo read."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

SKIP_S_MAX: Final = 400 * 24 * 3600


class InvalidSkipError(ValueError):
    """Not a number of seconds the town can skip."""


class TownClock:
    """Tells the shifted time, and shifts it. Time only goes forward, until it is reset."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @property
    def offset_s(self) -> int:
        """Seconds ahead of the machine; no file or no number is none."""
        try:
            return int(self._path.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def now(self) -> datetime:
        """Return the town's instant, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def timestamp(self) -> float:
        """Return the town's instant in seconds since 1970."""
        return self.now().timestamp()

    def skip(self, seconds: int) -> None:
        """Let time pass at once.

        Raises:
            InvalidSkipError: backwards, or further than anyone tests.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= SKIP_S_MAX:
            raise InvalidSkipError(f"skip_s is a whole number of seconds from 1 to {SKIP_S_MAX}")
        with self._lock:
            self._write(self.offset_s + seconds)

    def reset(self) -> None:
        """Return to the machine's time."""
        with self._lock:
            self._write(0)

    def _write(self, offset_s: int) -> None:
        """Other processes read at any moment: they see the old number or the new one, never half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(str(offset_s))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
