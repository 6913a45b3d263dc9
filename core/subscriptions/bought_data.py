"""What of a service's usage its bought data served, and what counts towards fair use. No I/O.

A byte counts while there is room: while it is below where slowing begins, in every period. Beyond that it is served by
data that was bought and is still good, the first to end first. With none left it counts, and the service is slow. So a
gigabyte bought is a gigabyte at full speed, however far beyond its data a service was when it bought it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.catalog.fair_use import PERIODS
from core.subscriptions.periods import starts

NO_ROOM_NEEDED: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Bought:
    """Data bought on a day, good until another (not included). `after_bytes`: what counted of that day before it."""

    data_bytes: int
    day: date
    until_day: date
    after_bytes: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts, by period; and of the data bought that is good today: all of it, what is left, until when."""

    used: Mapping[str, int]
    bought: int
    left: int
    until: date | None


def count(
    days: Mapping[date, int],
    bought: Sequence[Bought],
    slows_after: Mapping[str, int],
    *,
    today: date,
    anchor_day: int,
) -> Counted:
    """Count usage by day, the purchases among it where they happened.

    `slows_after`: where slowing begins, by period; none where nothing is slowed. `days` reach back to the beginning of
    every period that today or a purchase lies in.
    """
    counting = Counting(bought, slows_after, anchor_day)
    for day in sorted({*days, *(one.day for one in bought), today}):
        if day > today:
            break
        counting.begin(day)
        counting.use(max(0, days.get(day, 0)))
        counting.end_day()
    return counting.counted()


@dataclass(slots=True)
class _Bucket:
    bought: Bought
    left: int


class Counting:
    """Usage counted as it happens, day after day, in portions of any size."""

    def __init__(self, bought: Sequence[Bought], slows_after: Mapping[str, int], anchor_day: int) -> None:
        self._bought = sorted(bought, key=lambda one: (one.day, one.after_bytes))
        self._slows_after = slows_after
        self._anchor_day = anchor_day
        self._since: Mapping[str, date] = {}
        self._used = dict.fromkeys(PERIODS, 0)
        self._buckets: list[_Bucket] = []
        self._of_day: list[Bought] = []
        self._done = 0

    def begin(self, day: date) -> None:
        """A day begins: with it perhaps a period, and data that was bought until then is over."""
        since = starts(day, self._anchor_day)
        for period in PERIODS:
            if self._since.get(period) != since[period]:
                self._used[period] = 0
        self._since = since
        self._buckets = [one for one in self._buckets if one.bought.until_day > day]
        self._of_day = [one for one in self._bought if one.day == day]
        self._done = 0

    def use(self, used: int) -> None:
        """So many bytes more of the day, and what was bought among them."""
        until = self._done + used
        while self._of_day and self._of_day[0].after_bytes <= until:
            one = self._of_day.pop(0)
            self._take(one.after_bytes - self._done)
            self._done = max(self._done, one.after_bytes)
            self._buy(one)
        self._take(until - self._done)
        self._done = until

    def end_day(self) -> None:
        """The day is over. Counted again since, it may have come to less than before a purchase."""
        for one in self._of_day:
            self._buy(one)
        self._of_day = []

    def counted(self) -> Counted:
        """What counts by now."""
        return Counted(
            dict(self._used),
            sum(one.bought.data_bytes for one in self._buckets),
            sum(one.left for one in self._buckets),
            max((one.bought.until_day for one in self._buckets), default=None),
        )

    def _buy(self, bought: Bought) -> None:
        self._buckets.append(_Bucket(bought, bought.data_bytes))
        self._buckets.sort(key=lambda one: one.bought.until_day)

    def _take(self, used: int) -> None:
        if used <= 0:
            return
        room = min(
            (max(0, after - self._used[period]) for period, after in self._slows_after.items()), default=NO_ROOM_NEEDED
        )
        beyond = max(0, used - room)
        for bucket in self._buckets:
            served = min(bucket.left, beyond)
            bucket.left -= served
            beyond -= served
            used -= served
        for period in self._used:
            self._used[period] += used
