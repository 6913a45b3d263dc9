"""The periods fair use counts in: the day, the week from Monday, the calendar month, and the month that is billed."""

from __future__ import annotations

from datetime import date, timedelta

from core.days import DAY, period_of


def starts(day: date, anchor_day: int) -> dict[str, date]:
    """The first day of each period a day is in."""
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "billing": period_of(day, anchor_day).first,
    }


def resets(period: str, day: date, anchor_day: int) -> date:
    """The first day of the next one."""
    match period:
        case "day":
            return day + DAY
        case "week":
            return starts(day, anchor_day)["week"] + 7 * DAY
        case "month":
            return period_of(day, 1).next
        case _:
            return period_of(day, anchor_day).next
