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
    counter = _Counter(slows_after)
    of_day: dict[date, list[Bought]] = {}
    for one in bought:
        of_day.setdefault(one.day, []).append(one)
    for day in sorted({*days, *of_day, today}):
        if day > today:
            break
        counter.begin(day, anchor_day)
        used, done = max(0, days.get(day, 0)), 0
        for one in sorted(of_day.get(day, ()), key=lambda one: one.after_bytes):
            before = min(one.after_bytes, used)  # counted again since, a day may have come to less
            counter.take(before - done)
            done = before
            counter.buy(one)
        counter.take(used - done)
    good = [left for left in counter.buckets if left.bought.day <= today]
    return Counted(
        counter.used,
        sum(one.bought.data_bytes for one in good),
        sum(one.left for one in good),
        max((one.bought.until_day for one in good), default=None),
    )


@dataclass(slots=True)
class _Bucket:
    bought: Bought
    left: int


class _Counter:
    def __init__(self, slows_after: Mapping[str, int]) -> None:
        self._slows_after = slows_after
        self._since: Mapping[str, date] = {}
        self.used = dict.fromkeys(PERIODS, 0)
        self.buckets: list[_Bucket] = []

    def begin(self, day: date, anchor_day: int) -> None:
        since = starts(day, anchor_day)
        for period in PERIODS:
            if self._since.get(period) != since[period]:
                self.used[period] = 0
        self._since = since
        self.buckets = [one for one in self.buckets if one.bought.until_day > day]

    def buy(self, bought: Bought) -> None:
        self.buckets.append(_Bucket(bought, bought.data_bytes))
        self.buckets.sort(key=lambda one: one.bought.until_day)

    def take(self, used: int) -> None:
        if used <= 0:
            return
        room = min(
            (max(0, after - self.used[period]) for period, after in self._slows_after.items()), default=NO_ROOM_NEEDED
        )
        beyond = max(0, used - room)
        for bucket in self.buckets:
            served = min(bucket.left, beyond)
            bucket.left -= served
            beyond -= served
            used -= served
        for period in self.used:
            self.used[period] += used
