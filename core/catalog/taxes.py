"""Tax rates by day and class of product, and exchange rates by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, or_, select, text

from core.catalog.models import ExchangeRate, Tax, TaxRate

# What a thing sold is, for the taxes on it. A deposit is the customer's own money, and no tax is on it.
PRODUCT_CLASSES: Final = ("telecom", "equipment", "service", "other")
UNTAXED: Final = "deposit"
HOME_CURRENCY: Final = "SSP"
RATE_AGE_MAX: Final = timedelta(days=14)  # an older rate says nothing of today: the pound has lost half in months
MILLION: Final = 1_000_000

_RATES_ON: Final = (
    select(
        Tax.id,
        Tax.code,
        Tax.name_en,
        Tax.name_ar,
        TaxRate.product_class,
        TaxRate.rate_millionths,
        TaxRate.inclusive,
        TaxRate.compound,
    )
    .join(TaxRate, TaxRate.tax_id == Tax.id)
    .where(
        TaxRate.valid_from <= bindparam("day"),
        or_(TaxRate.valid_until.is_(None), TaxRate.valid_until > bindparam("day")),
    )
    .order_by(Tax.position, Tax.id)
)
_EXCHANGE_ON: Final = (
    select(ExchangeRate.id, ExchangeRate.day, ExchangeRate.rate_millionths, ExchangeRate.source)
    .where(
        ExchangeRate.currency == bindparam("currency"),
        ExchangeRate.into == HOME_CURRENCY,
        ExchangeRate.day <= bindparam("day"),
        ExchangeRate.day > bindparam("oldest"),
    )
    .order_by(ExchangeRate.day.desc(), ExchangeRate.id.desc())
    .limit(1)
)
# Of each currency: the latest up to the day, if it is fresh; else the first after it. Of one day the last row counts.
_EXCHANGES_FOR: Final = text(
    """
    SELECT DISTINCT ON (currency) currency, id, day, rate_millionths, source FROM exchange_rate
    WHERE "into" = :home AND day > :oldest
    ORDER BY currency, day > :day, abs(day - CAST(:day AS date)), id DESC
    """
)


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """A tax on a class of products on some day; in the order in which taxes are computed."""

    tax_id: int
    code: str
    name_en: str
    name_ar: str
    product_class: str
    rate_millionths: int
    inclusive: bool
    compound: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one unit cost in pounds, in millionths, on the day it was written for."""

    rate_id: int
    day: date
    rate_millionths: int
    source: str


def tax_terms_on(connection: Connection, day: date) -> list[TaxTerms]:
    """The taxes of a day, in their order."""
    return [TaxTerms(*row) for row in connection.execute(_RATES_ON, {"day": day})]


def exchange_on(connection: Connection, currency: str, day: date) -> Exchange | None:
    """The latest rate into pounds on or before a day, if it is not older than `RATE_AGE_MAX`."""
    values = {"currency": currency, "day": day, "oldest": day - RATE_AGE_MAX}
    row = connection.execute(_EXCHANGE_ON, values).first()
    return Exchange(*row) if row else None


def exchanges_for(connection: Connection, day: date) -> dict[str, Exchange]:
    """The rates into pounds that a bill of a day is made with, by currency: as `exchange_on`, or the first after it.

    A bill that had to wait for a rate is made with the one it waited for, and says so.
    """
    values = {"home": HOME_CURRENCY, "day": day, "oldest": day - RATE_AGE_MAX}
    return {row.currency: Exchange(*row[1:]) for row in connection.execute(_EXCHANGES_FOR, values)}
