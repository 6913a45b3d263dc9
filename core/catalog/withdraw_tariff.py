"""Taking a tariff out of sale. Who has it keeps it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update

from core.catalog.models import Tariff
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NotFound, NotPossibleNow


def withdraw_tariff(tx: Transaction, *, code: str, on_day: date, now: datetime) -> None:
    """From `on_day` on nobody joins the tariff. A day still to come may be moved; the same day again changes nothing.

    Raises:
        NotFound: no such tariff.
        NotPossibleNow: it is out of sale already.
        InvalidDay: the day is over in Juba.
    """
    tariff = tx.execute(
        select(Tariff.id, Tariff.withdrawn_on).where(Tariff.code == code).with_for_update(key_share=True)
    ).first()
    if tariff is None:
        raise NotFound(what="tariff")
    if tariff.withdrawn_on == on_day:
        return
    today = juba_day(now)
    if tariff.withdrawn_on is not None and tariff.withdrawn_on <= today:
        raise NotPossibleNow(what="tariff", state="withdrawn")
    if on_day < today:
        raise InvalidDay(typed=on_day.isoformat())
    tx.execute(update(Tariff).where(Tariff.id == tariff.id).values(withdrawn_on=on_day))
