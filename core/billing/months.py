"""Closed months as staff look at them, and the one that may be closed next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select

from core.days import first_of_month, juba_day, on_day
from core.ledger.models import ClosedMonth, LedgerEntry
from core.staff.models import StaffMember

MONTHS_SHOWN_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month, by its first day."""

    month: date
    staff: str
    closed_at: datetime


def closings(connection: Connection) -> list[Closing]:
    """The closed months, the last first, at most `MONTHS_SHOWN_MAX`."""
    rows = connection.execute(
        select(ClosedMonth.month, StaffMember.name, ClosedMonth.closed_at)
        .join(StaffMember, StaffMember.id == ClosedMonth.closed_by)
        .order_by(ClosedMonth.month.desc())
        .limit(MONTHS_SHOWN_MAX)
    )
    return [Closing(*row) for row in rows]


def next_to_close(connection: Connection) -> date | None:
    """The month after the last closed one, or that of the first entry; None where the books are empty."""
    last = connection.execute(select(func.max(ClosedMonth.month))).scalar()
    if last is not None:
        return on_day(last.year, last.month + 1, 1)
    first = connection.execute(select(func.min(LedgerEntry.occurred_at))).scalar()
    return first_of_month(juba_day(first)) if first else None


def is_over(month: date, now: datetime) -> bool:
    """Whether a month is over in Juba."""
    return on_day(month.year, month.month + 1, 1) <= juba_day(now)
