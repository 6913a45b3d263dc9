"""What a rule of fair use would have done to a service: its usage by the hour gone through as it was. No I/O.

What counts and how slow that is are asked of the very functions that hold services to fair use, so that what is told
here cannot differ from what the rule will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.catalog.tariffs import TariffTerms
from core.days import DAY
from core.subscriptions.bought_data import Bought, Counting
from core.subscriptions.fair_use_rule import slows_after, standing

HOURS: Final = 24
Hour = tuple[date, int]  # an hour of a day in Juba


@dataclass(frozen=True, slots=True)
class Slow:
    """Hours on end at one speed: the first of them, and how many."""

    day: date
    hour: int
    hours: int
    down_kbps: int

    @property
    def end(self) -> Hour:
        """The hour in which it is fast again, or at another speed."""
        over = self.hour + self.hours
        return self.day + timedelta(days=over // HOURS), over % HOURS


@dataclass(frozen=True, slots=True)
class Past:
    """A service as it was: bytes by hour from the beginnings of the periods its first day is in, and what it bought."""

    anchor_day: int
    first: date
    until: date
    used: Mapping[Hour, int]
    bought: Sequence[Bought] = ()


def replay(terms: TariffTerms, past: Past) -> list[Slow]:
    """When the service would have been slow, from its first day up to the one after its last.

    A crossing slows from the hour after it: at which minute it was nobody knows any more.
    """
    return _on_end(_slow_hours(terms, past))


def _slow_hours(terms: TariffTerms, past: Past) -> Iterator[tuple[Hour, int]]:
    free = terms.fair_use.free_hours if terms.fair_use else frozenset()
    counting = Counting(past.bought, slows_after(terms), past.anchor_day)
    day = min([past.first, *(day for day, _ in past.used), *(one.day for one in past.bought)])
    while day < past.until:
        counting.begin(day)
        for hour in range(HOURS):
            if day >= past.first:
                counted = counting.counted()
                held = standing(terms, counted, counted.used, hour).held
                if held is not None:
                    yield (day, hour), held.down_kbps
            if hour not in free:
                counting.use(past.used.get((day, hour), 0))
        counting.end_day()
        day += DAY


def _on_end(slow: Iterable[tuple[Hour, int]]) -> list[Slow]:
    found: list[Slow] = []
    for (day, hour), kbps in slow:
        last = found[-1] if found else None
        if last is not None and last.down_kbps == kbps and last.end == (day, hour):
            found[-1] = Slow(last.day, last.hour, last.hours + 1, kbps)
        else:
            found.append(Slow(day, hour, 1, kbps))
    return found
