"""Where a line's money lies in the books, and when it happened there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.clock import JUBA
from core.days import first_of_month
from core.ledger.models import ClosedMonth
from core.statements.accounts import MoneyAccountRow

RECEIVED: Final = "bank_payment"  # raises a customer's balance, against a receipt
MATCHED: Final = "line_match"
UNKNOWN: Final = "suspense"
NOON: Final = time(12)
# What a line can be that is no customer's: the account in the books that it goes to or comes from.
OTHERS: Final[Mapping[str, str]] = {
    "own": "transit:own",  # between two accounts of ours: the other's line is matched in the same way
    "owner": "opening:owner",  # put in or taken out by who owns the company
    "interest": "sales:interest",
}


def suspense_code(account: MoneyAccountRow, *, came: bool) -> str:
    """Where money lies that nobody has matched: what came, and what went, apart."""
    return f"suspense:{account.code}" if came else f"suspense:out:{account.code}"


def fees_code(account: MoneyAccountRow) -> str:
    """What an account's bank or provider charged."""
    return f"fees:{account.code}"


def first_open_day(connection: Connection) -> date | None:
    """The first day of the month after the last closed one; None when none is closed."""
    last = connection.execute(select(func.max(ClosedMonth.month))).scalar()
    return first_of_month(last + timedelta(days=31)) if last else None


def happened(booked_on: date, booked_at: datetime | None, open_from: date | None, now: datetime) -> datetime:
    """When an entry for a line happened: then, or now where the books of that month are closed."""
    if open_from is not None and booked_on < open_from:
        return now
    return booked_at or datetime.combine(booked_on, NOON, JUBA)


def legs(source: int, destination: int, minor: int, currency: str) -> list[tuple[int, str, int]]:
    """A line's amount between the account it is of and where it belongs: above zero it came in."""
    return [(source, currency, -minor), (destination, currency, minor)]


def memo(account: MoneyAccountRow, **facts: Any) -> dict[str, Any]:
    """What stands beside an entry that a statement led to."""
    return {"account": account.code} | facts
