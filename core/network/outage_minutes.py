"""How long routers were down in a month of Juba, by area. Pure: the same outages always come to the same minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.days import first_of_month, start_of_day

MINUTE: Final = timedelta(minutes=1)
_MONTH_MOST: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Outage:
    """A router was down from one instant to another; None: it still is."""

    router: str
    area: str
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant up to a later one."""

    begins: datetime
    ends: datetime

    @property
    def lasts(self) -> timedelta:
        """How long it is."""
        return self.ends - self.begins

    def cut(self, outage: Outage) -> Span | None:
        """The part of an outage within this span; one that goes on fills it to its end."""
        begins = max(self.begins, outage.began_at)
        ends = self.ends if outage.ended_at is None else min(self.ends, outage.ended_at)
        return Span(begins, ends) if begins < ends else None


@dataclass(frozen=True, slots=True)
class AreaMonth:
    """An area in a month.

    Attributes:
        area: as it stood on the router; empty where none did.
        routers: how many stand there now.
        outages: how many of theirs reach into the month.
        minutes: the time in which at least one of its routers was down.
        router_minutes: the time of each router, added up.
        longest_minutes: the longest outage, as far as it lies in the month.
        available_millionths: the share of the routers' time in which they were up; None where no router is there now.
    """

    area: str
    routers: int
    outages: int
    minutes: int
    router_minutes: int
    longest_minutes: int
    available_millionths: int | None


def month_span(month: date, now: datetime) -> Span:
    """A month from midnight to midnight in Juba; the one that runs up to now, one to come empty."""
    first = first_of_month(month)
    begins = start_of_day(first)
    ends = start_of_day(first_of_month(first + _MONTH_MOST))
    return Span(begins, max(begins, min(ends, now)))


def by_area(outages: Iterable[Outage], routers: Mapping[str, int], span: Span) -> list[AreaMonth]:
    """Every area that has a router or had an outage, in order of their names. `routers`: how many each has now."""
    parts: dict[str, list[Span]] = {area: [] for area in routers}
    for outage in outages:
        part = span.cut(outage)
        if part is not None:
            parts.setdefault(outage.area, []).append(part)
    return [_area(area, routers.get(area, 0), parts[area], span) for area in sorted(parts)]


def _area(area: str, routers: int, parts: Sequence[Span], span: Span) -> AreaMonth:
    each = sum((part.lasts for part in parts), timedelta())
    whole = routers * span.lasts
    return AreaMonth(
        area,
        routers,
        len(parts),
        in_minutes(_together(parts)),
        in_minutes(each),
        in_minutes(max((part.lasts for part in parts), default=timedelta())),
        max(0, round((whole - each) / whole * 1_000_000)) if whole else None,
    )


def _together(parts: Sequence[Span]) -> timedelta:
    """The time covered by any of them: two routers down at once are one hour down, not two."""
    covered, until = timedelta(), None
    for part in sorted(parts, key=lambda part: part.begins):
        begins = part.begins if until is None else max(part.begins, until)
        if part.ends > begins:
            covered += part.ends - begins
            until = part.ends
    return covered


def in_minutes(lasts: timedelta) -> int:
    """Whole minutes, the nearest; half a minute counts."""
    return (lasts + MINUTE / 2) // MINUTE
