"""The quarterly tariff filing for the regulator: what was sold, for how much, and what changed, as CSV.

Every licensee files its tariffs each quarter; increases are filed 30 days or more before, promotions approved 7 days or
more before they begin (NCA, nca.gov.ss/faqs/general-discussion/tariffs-faqs). In English, as filed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from core.catalog.models import Promotion, Tariff, TariffVersion
from core.days import DAY, Period, juba_day, on_day
from core.errors import InvalidDay
from core.money import Money

TARIFF_COLUMNS: Final = (
    "code", "name", "name in Arabic", "pay", "down kbit/s", "up kbit/s", "data GB", "fair use GB", "slow kbit/s",
    "price", "currency", "set-up", "deposit", "rental", "overage per GB", "valid from", "valid until",
    "raises the price", "raised by percent", "days of notice",
)  # fmt: skip
PROMOTION_COLUMNS: Final = (
    "promotion", "name", "name in Arabic", "tariff", "percent off", "periods", "valid from", "valid until",
    "approval reference", "approved on",
)  # fmt: skip
MONTHS_OF_A_QUARTER: Final = 3
UNLIMITED: Final = "unlimited"

_QUARTER: Final = re.compile(r"(2[0-9]{3})Q([1-4])")
_GIGABYTE: Final = 10**9
# A spreadsheet takes a cell that begins with one of these for a formula, or skips the sign and looks again.
_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_VERSIONS: Final = (
    select(
        Tariff.code, Tariff.name_en, Tariff.name_ar, Tariff.pay, Tariff.withdrawn_on,
        *(column for column in TariffVersion.__table__.c if column.key != "id"),
    )
    .join(TariffVersion, TariffVersion.tariff_id == Tariff.id)
    .order_by(Tariff.alias, TariffVersion.valid_from)
)  # fmt: skip
_PROMOTIONS: Final = (
    select(Promotion.__table__, Tariff.code.label("tariff_code"))
    .join(Tariff, Tariff.id == Promotion.tariff_id)
    .where(Promotion.valid_from < bindparam("next"), Promotion.valid_until > bindparam("first"))
    .order_by(Promotion.valid_from, Promotion.id)
)


def quarter_days(quarter: str) -> Period:
    """The days of a quarter written like `2026Q4`.

    Raises:
        InvalidDay: written otherwise.
    """
    found = _QUARTER.fullmatch(quarter)
    if found is None:
        raise InvalidDay(typed=quarter[:40])
    year, month = int(found[1]), MONTHS_OF_A_QUARTER * (int(found[2]) - 1) + 1
    return Period(on_day(year, month, 1), on_day(year, month + MONTHS_OF_A_QUARTER, 1))


def tariff_filing(connection: Connection, quarter: str) -> str:
    """Every tariff version in force on a day of the quarter; after an empty line, its promotions.

    A version is in force up to the day before the next one, or before its tariff was withdrawn. Amounts in major units.

    Raises:
        InvalidDay: not a quarter like `2026Q4`.
    """
    days = quarter_days(quarter)
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(TARIFF_COLUMNS)
    for _tariff, versions in groupby(connection.execute(_VERSIONS), key=lambda row: row.tariff_id):
        sheet.writerows(_rows_of_tariff(list(versions), days))
    sheet.writerow(())
    sheet.writerow(PROMOTION_COLUMNS)
    for row in connection.execute(_PROMOTIONS, {"first": days.first, "next": days.next}):
        sheet.writerow(_cells(_promotion(row)))
    return text.getvalue()


def _rows_of_tariff(versions: Sequence[Any], days: Period) -> Iterator[list[str]]:
    for index, version in enumerate(versions):
        until = versions[index + 1].valid_from if index + 1 < len(versions) else None
        withdrawn = version.withdrawn_on
        # A version set after the withdrawal is for those who still have the tariff: it is filed as well.
        if withdrawn is not None and version.valid_from < withdrawn and (until is None or withdrawn < until):
            until = withdrawn
        if days.overlap(version.valid_from, until):
            yield _cells(_version(version, versions[index - 1] if index else None, until))


def _version(version: Any, before: Any | None, until: date | None) -> tuple[object, ...]:
    def money(minor: int | None) -> Decimal | None:
        return None if minor is None else Money(minor, version.currency).major

    return (
        version.code, version.name_en, version.name_ar, version.pay, version.down_kbps, version.up_kbps,
        UNLIMITED if version.data_bytes is None else _gigabytes(version.data_bytes),
        _gigabytes(version.fair_use_bytes), version.slow_kbps,
        money(version.price_minor), version.currency, money(version.set_up_minor), money(version.deposit_minor),
        money(version.rental_minor), money(version.overage_minor),
        version.valid_from, until and until - DAY,
        *_raise(version, before),
        # Entered on its first day or after it: no notice at all.
        max(0, (version.valid_from - juba_day(version.made_at)).days),
    )  # fmt: skip


def _raise(version: Any, before: Any | None) -> tuple[str, str]:
    """Whether the price is above the one before, and by how many percent: one decimal, half a tenth goes up."""
    if before is None:
        return "no", ""
    if before.currency != version.currency:
        return "other currency", ""
    more = version.price_minor - before.price_minor
    if more <= 0:
        return "no", ""
    tenths = (2000 * more + before.price_minor) // (2 * before.price_minor)
    return "yes", f"{tenths // 10}.{tenths % 10}"


def _promotion(row: Any) -> tuple[object, ...]:
    percent = (Decimal(row.off_millionths) / 10_000).normalize()
    return (
        row.code, row.name_en, row.name_ar, row.tariff_code, f"{percent:f}", row.periods, row.valid_from,
        row.valid_until - DAY, row.approval_reference, row.approved_on,
    )  # fmt: skip


def _gigabytes(data_bytes: int | None) -> str | None:
    return None if data_bytes is None else f"{(Decimal(data_bytes) / _GIGABYTE).normalize():f}"


def _cells(values: Sequence[object]) -> list[str]:
    """Values as text; one that a spreadsheet would run is led by an apostrophe."""
    texts = ("" if value is None else str(value) for value in values)
    return [f"'{text}" if text.startswith(_FORMULA_BEGINS) else text for text in texts]
