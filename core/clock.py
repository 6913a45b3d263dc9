"""The clock is an argument. UTC inside, Africa/Juba on screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

# +02 without daylight saving since 2021-02-01 (tzdata 2021a). Never taken from phone numbers: theirs says Nairobi.
JUBA: Final = ZoneInfo("Africa/Juba")


class Clock(Protocol):
    """Tells the time: an aware datetime in UTC."""

    def now(self) -> datetime:
        """Return this instant."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this instant by the machine."""
        return datetime.now(UTC)


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock plus the seconds written in a file: the demo town can skip hours, all processes at once."""

    path: Path

    def now(self) -> datetime:
        """Return the machine's instant moved by the file's seconds; no file, no shift."""
        try:
            shift = int(self.path.read_text(encoding="ascii").strip() or "0")
        except (FileNotFoundError, ValueError):
            shift = 0
        return datetime.now(UTC) + timedelta(seconds=shift)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands until it is moved: for tests and for replaying a day."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at

    def advance(self, **by: float) -> None:
        """Move on by `timedelta(**by)`."""
        self.at += timedelta(**by)
