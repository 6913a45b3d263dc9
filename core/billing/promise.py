"""A customer's word to pay by a day: until then nobody cuts them off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import insert, select

from core.billing.allocate import open_invoices
from core.billing.models import PromiseToPay
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NothingDue, PromiseOpen

PROMISE_DAYS_MAX: Final = 10
BROKEN_REST: Final = timedelta(days=30)  # after the day of a broken one: a word that is not kept counts for less


def take_promise(tx: Transaction, *, customer_id: int, until_day: date, staff_id: int | None, now: datetime) -> int:
    """Write a promise to pay what is owed by a day, that day included. Its id. Without staff the customer gave it.

    Raises:
        InvalidDay: not a day to come, or more than `PROMISE_DAYS_MAX` days ahead.
        NothingDue: they owe nothing.
        PromiseOpen: one stands, or was broken within `BROKEN_REST`.
    """
    today = juba_day(now)
    if not today < until_day <= today + timedelta(days=PROMISE_DAYS_MAX):
        raise InvalidDay(typed=until_day.isoformat())
    # Locked: of two promises at once the second sees the first, and dunning sees neither half done.
    if not open_invoices(tx, customer_id):
        raise NothingDue
    broken = (PromiseToPay.state == "broken") & (PromiseToPay.until_day >= today - BROKEN_REST)
    in_the_way = select(PromiseToPay.id).where(
        PromiseToPay.customer_id == customer_id, (PromiseToPay.state == "open") | broken
    )
    if tx.execute(in_the_way.limit(1)).first():
        raise PromiseOpen
    return int(
        tx.execute(
            insert(PromiseToPay)
            .values(customer_id=customer_id, until_day=until_day, state="open", taken_by=staff_id, taken_at=now)
            .returning(PromiseToPay.id)
        ).scalar_one()
    )
