"""Fair use of a tariff: how slow it becomes after how much, in which period; and the hours that do not count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

PERIODS: Final = ("day", "week", "month", "billing")
STEPS_MAX: Final = 6
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Step:
    """From so many bytes in a period on, the service is held to a speed (kbit/s).

    `period`: the day, the week from Monday, the calendar month, or the month that is billed; all as they are in Juba.
    """

    period: str
    after_bytes: int
    down_kbps: int
    up_kbps: int


@dataclass(frozen=True, slots=True)
class FairUse:
    """Steps of slowing. Between two hours of the day in Juba what is used does not count, and nothing is slowed.

    `free_from` 22 and `free_until` 6 are the night; without them every hour counts.
    """

    steps: tuple[Step, ...]
    free_from: int | None = None
    free_until: int | None = None

    def is_free(self, hour: int) -> bool:
        """Whether an hour of the day (0 to 23) does not count."""
        return hour in self.free_hours

    @property
    def free_hours(self) -> frozenset[int]:
        """The hours that do not count."""
        if self.free_from is None or self.free_until is None:
            return frozenset()
        length = (self.free_until - self.free_from) % HOURS
        return frozenset((self.free_from + hour) % HOURS for hour in range(length))

    def reached(self, used: Mapping[str, int]) -> Step | None:
        """The slowest of the steps that were reached, given the bytes used in each period."""
        reached = [step for step in self.steps if used.get(step.period, 0) >= step.after_bytes]
        return min(reached, key=lambda step: (step.down_kbps, step.up_kbps), default=None)


def fair_use_row(fair_use: FairUse | None) -> dict[str, Any] | None:
    """As a version of a tariff keeps it."""
    if fair_use is None:
        return None
    steps = [[step.period, step.after_bytes, step.down_kbps, step.up_kbps] for step in fair_use.steps]
    return {"steps": steps, "free": [fair_use.free_from, fair_use.free_until]}


def fair_use_of(row: Mapping[str, Any] | None) -> FairUse | None:
    """Of what a version keeps."""
    if row is None:
        return None
    return FairUse(tuple(Step(*step) for step in row["steps"]), *row["free"])


def is_nonsense(fair_use: FairUse, down_kbps: int, up_kbps: int) -> bool:
    """A rule that cannot be meant.

    Steps of one period are the slower the more was used, each slower than the tariff; a period is one we know; hours
    are two different ones of a day, or none.
    """
    free = (fair_use.free_from, fair_use.free_until)
    hours_wrong = free != (None, None) and (
        None in free or free[0] == free[1] or any(hour is None or not 0 <= hour < HOURS for hour in free)
    )
    return (
        hours_wrong
        or not 1 <= len(fair_use.steps) <= STEPS_MAX
        or any(
            step.period not in PERIODS
            or step.after_bytes < 1
            or not 1 <= step.down_kbps < down_kbps
            or not 1 <= step.up_kbps <= up_kbps
            for step in fair_use.steps
        )
        or any(not _slower_each_time(_of_period(fair_use.steps, period)) for period in PERIODS)
    )


def _of_period(steps: Iterable[Step], period: str) -> list[Step]:
    return sorted((step for step in steps if step.period == period), key=lambda step: step.after_bytes)


def _slower_each_time(steps: list[Step]) -> bool:
    return all(
        before.after_bytes < then.after_bytes and before.down_kbps > then.down_kbps and before.up_kbps >= then.up_kbps
        for before, then in pairwise(steps)
    )
