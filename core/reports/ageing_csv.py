"""The ageing report as a sheet: a line per customer, the sums last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import Connection

from core.catalog.taxes import HOME_CURRENCY
from core.csv_lines import cell, line
from core.money import Money
from core.reports.ageing import BUCKET_DAYS, ageing

COLUMNS: Final = (
    "account",
    "name",
    "not due yet",
    "1-30 days",
    "31-60 days",
    "61-90 days",
    "older",
    "owed",
    "currency",
)


def ageing_sheet(connection: Connection, day: date) -> Iterator[str]:
    """Lines of CSV in English, in major units. Within a transaction: it is read a thousand rows at a time."""
    nothing = Money(0, HOME_CURRENCY)
    sums = [nothing] * (len(BUCKET_DAYS) + 1)
    whole = nothing
    yield line(COLUMNS)
    for one in ageing(connection, day):
        sums = [total + bucket for total, bucket in zip(sums, one.buckets, strict=True)]
        whole += one.owed
        yield line((one.number, cell(one.name), *(money.major for money in (*one.buckets, one.owed)), HOME_CURRENCY))
    yield line(("", "total", *(money.major for money in (*sums, whole)), HOME_CURRENCY))
