"""Days and months as they are in Juba, and the periods that are billed by them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from core.clock import JUBA

DAY: Final = timedelta(days=1)
ANCHOR_DAY_MAX: Final = 31


def juba_day(instant: datetime) -> date:
    """The day it is in Juba at an instant."""
    return instant.astimezone(JUBA).date()


def day_said(day: date) -> str:
    """A day as phones show it, in any language: with strokes it keeps its order within Arabic, with dashes not."""
    return f"{day:%d/%m/%Y}"


def start_of_day(day: date) -> datetime:
    """The instant at which a day begins in Juba, in UTC."""
    return datetime.combine(day, time(), JUBA).astimezone(UTC)


def first_of_month(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def on_day(year: int, month: int, anchor_day: int) -> date:
    """The anchor day of a month; its last day where the month is shorter. Months beyond 12 run on into later years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(anchor_day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `first` up to, not including, `next`."""

    first: date
    next: date

    def __post_init__(self) -> None:
        if self.next <= self.first:
            raise AssertionError("a period has a day")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.next - self.first).days

    @property
    def last(self) -> date:
        """Its last day, as people name it."""
        return self.next - DAY

    def overlap(self, first: date, until: date | None) -> Period | None:
        """The days it shares with a span that may be open at its end."""
        begins = max(self.first, first)
        ends = self.next if until is None else min(self.next, until)
        return Period(begins, ends) if begins < ends else None


def period_of(day: date, anchor_day: int) -> Period:
    """The month of service that a day belongs to, counted from the anchor day: 31 means the last where there is none.

    The anchor is kept through short months: after 28 February comes 31 March again.
    """
    months = day.year * 12 + day.month - 1
    this = on_day(day.year, day.month, anchor_day)
    if day < this:
        months -= 1
    year, month = months // 12, months % 12 + 1
    return Period(on_day(year, month, anchor_day), on_day(year, month + 1, anchor_day))
