"""Writing down what a unit of a currency costs in pounds on a day. Rows are never changed; a later one corrects."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import String, bindparam, func, insert, select

from core.catalog.labels import line
from core.catalog.models import ExchangeRate
from core.catalog.rate_measure import Measure, measure_of
from core.catalog.taxes import HOME_CURRENCY, MILLION
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NotPossibleNow, RateImpossible, ReasonMissing
from core.money import MINOR_DIGITS

# The press saw the dollar go from SSP 981 to 3,010 between 2023 and 2024, threefold: that must pass, and a digit too
# many must not. From 2011 to 2017 it went from 3 to 162, which nobody wrote down as one step.
RATE_JUMP_MAX: Final = 5
RATE_MAX: Final = 10**9
_SMALLEST: Final = Decimal("0.000001")

# Of two who write the same currency at once the second is measured by what the first wrote.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("turn", type_=String), 0)))


def set_exchange_rate(
    tx: Transaction, *, day: date, currency: str, rate: Decimal, source: str, staff_id: int | None, now: datetime
) -> int:
    """Write what one unit of `currency` cost in pounds on a day, with at most six digits after the point. The row's id.

    A second row for a day corrects the first. Both are measured by what was known before this sitting
    (`core.catalog.rate_measure`), so that no chain of rows leads further than one.

    Raises:
        NotPossibleNow: not a currency we know, or the pound itself.
        ReasonMissing: no source.
        InvalidName: the source is longer than a line.
        InvalidDay: a day still to come in Juba.
        RateImpossible: nothing, too exact, or more than `RATE_JUMP_MAX` times above or below that rate.
    """
    if currency == HOME_CURRENCY or currency not in MINOR_DIGITS:
        raise NotPossibleNow(what="exchange rate", state=currency[:40])
    where_from = line(source)
    if not where_from:
        raise ReasonMissing
    if day > juba_day(now):
        raise InvalidDay(typed=day.isoformat())
    tx.execute(_WAIT_OUR_TURN, {"turn": f"exchange:{currency}"})
    known = measure_of(tx, day=day, currency=currency, now=now)
    # Compared, never rounded; bounded first, so that no rate is too long to compare.
    if not rate.is_finite() or not 0 < rate <= RATE_MAX or rate != rate.quantize(_SMALLEST):
        raise RateImpossible(last=_words(known))
    millionths = int(rate * MILLION)
    if known is not None and known.binds and not _near(millionths, known.millionths):
        raise RateImpossible(last=_words(known))
    return int(
        tx.execute(
            insert(ExchangeRate)
            .values(
                day=day,
                currency=currency,
                into=HOME_CURRENCY,
                rate_millionths=millionths,
                source=where_from,
                made_by=staff_id,
                made_at=now,
            )
            .returning(ExchangeRate.id)
        ).scalar_one()
    )


def _near(millionths: int, known: int) -> bool:
    return millionths <= known * RATE_JUMP_MAX and known <= millionths * RATE_JUMP_MAX


def _words(known: Measure | None) -> str:
    """A rate as people read it: `3,010.5`; a dash where there is none."""
    return "-" if known is None else f"{(Decimal(known.millionths) / MILLION).normalize():,f}"
