"""Closing a month: from then on the database refuses entries that say they happened in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from psycopg2 import errors as pg
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from core.days import DAY, first_of_month, juba_day, on_day, start_of_day
from core.db.engine import Transaction
from core.errors import MonthIsClosed, MonthNotOver
from core.ledger.models import ClosedMonth, LedgerEntry

# The trigger on entries takes the same lock, shared: closing waits for entries under way, and they for it.
_ALONE: Final = text("SELECT pg_advisory_xact_lock(8467202, :months)")


def close_month(tx: Transaction, *, month: date, staff_id: int, now: datetime) -> None:
    """Close the month of a day. Months are closed one after the other, from the first with an entry on.

    Raises:
        MonthNotOver: it is not over in Juba, or one before it is open and has entries.
        MonthIsClosed: it is closed already.
    """
    first = first_of_month(month)
    named = f"{first:%Y-%m}"
    tx.execute(_ALONE, {"months": first.year * 12 + first.month})
    if first in closed_months(tx.connection):
        raise MonthIsClosed(month=named)
    if on_day(first.year, first.month + 1, 1) > juba_day(now) or _one_before_is_open(tx.connection, first):
        raise MonthNotOver(month=named)
    tx.execute(insert(ClosedMonth).values(month=first, closed_by=staff_id, closed_at=now))


def closed_months(connection: Connection) -> list[date]:
    """The first days of all closed months, in order."""
    return list(connection.execute(select(ClosedMonth.month).order_by(ClosedMonth.month)).scalars())


def refuse_closed(connection: Connection, day: date) -> None:
    """Refuse, in our own words, what the database would refuse in its.

    Raises:
        MonthIsClosed: the day lies in a closed month.
    """
    if connection.execute(select(ClosedMonth.month).where(ClosedMonth.month == first_of_month(day))).first():
        raise MonthIsClosed(month=f"{day:%Y-%m}")


def is_closed_month(error: DBAPIError) -> bool:
    """Whether a statement was refused for its closed month: closed between our look and the write."""
    return isinstance(error.orig, pg.RestrictViolation) and "is closed" in str(error.orig)


def _one_before_is_open(connection: Connection, first: date) -> bool:
    before = first_of_month(first - DAY)
    if before in closed_months(connection):
        return False
    earlier = select(LedgerEntry.id).where(LedgerEntry.occurred_at < start_of_day(first)).limit(1)
    return connection.execute(earlier).first() is not None
