"""Days on which nobody is cut off: the holidays a company keeps, set and taken back by staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.billing.models import Holiday
from core.catalog.labels import line
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, InvalidName, NotFound

AHEAD_MAX: Final = timedelta(days=800)  # this year's and the next two's; beyond, a year was mistyped


def set_holiday(tx: Transaction, *, day: date, name: str, now: datetime) -> None:
    """Keep a day free of cutting off, from now on; a day set before gets the new name. Today may still be set.

    Raises:
        InvalidDay: the day is over, or too far ahead to be meant.
        InvalidName: no name, or one longer than a line.
    """
    if not juba_day(now) <= day <= juba_day(now) + AHEAD_MAX:
        raise InvalidDay(typed=day.isoformat())
    clean = line(name)
    if not clean:
        raise InvalidName(typed="")
    written = upsert(Holiday).values(day=day, name=clean)
    tx.execute(written.on_conflict_do_update(index_elements=[Holiday.day], set_={"name": clean}))


def remove_holiday(tx: Transaction, *, day: date) -> None:
    """Make it a day like others.

    Raises:
        NotFound: it was no holiday.
    """
    if tx.execute(delete(Holiday).where(Holiday.day == day).returning(Holiday.day)).first() is None:
        raise NotFound(what="holiday")


def holidays_between(connection: Connection, first: date, last: date) -> dict[date, str]:
    """The holidays from one day to another, both included, in order: day -> name."""
    rows = connection.execute(
        select(Holiday.day, Holiday.name).where(Holiday.day.between(first, last)).order_by(Holiday.day)
    )
    return {row.day: row.name for row in rows}
