"""The outages of a month as sheets: a line per area for the service report, and a line per outage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from core.clock import JUBA
from core.csv_lines import cell, line
from core.network.outage_minutes import AreaMonth, Outage, Span, in_minutes

AREA_COLUMNS: Final = (
    "month",
    "area",
    "routers",
    "outages",
    "minutes down",
    "router-minutes down",
    "longest in minutes",
    "available %",
)
OUTAGE_COLUMNS: Final = ("router", "area", "from (Juba)", "to (Juba)", "minutes in the month")
_PERCENT: Final = 10_000  # millionths


def area_sheet(month: date, areas: Sequence[AreaMonth]) -> Iterator[str]:
    """A line per area, in English."""
    yield line(AREA_COLUMNS)
    for one in areas:
        available = one.available_millionths
        yield line(
            (
                f"{month:%Y-%m}",
                cell(one.area),
                one.routers,
                one.outages,
                one.minutes,
                one.router_minutes,
                one.longest_minutes,
                "" if available is None else f"{available / _PERCENT:.2f}",
            )
        )


def outage_sheet(outages: Sequence[Outage], span: Span) -> Iterator[str]:
    """A line per outage as it was, and how much of it lies in the month."""
    yield line(OUTAGE_COLUMNS)
    for one in outages:
        part = span.cut(one)
        times = (f"{at.astimezone(JUBA):%Y-%m-%d %H:%M}" if at else "" for at in (one.began_at, one.ended_at))
        yield line((cell(one.router), cell(one.area), *times, in_minutes(part.lasts) if part else 0))
