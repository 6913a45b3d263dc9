"""The quarterly tariff filing for the regulator: what was sold, for how much, and what changed, as CSV.

Every licensee files its tariffs each quarter; increases are filed 30 days or more before, promotions approved 7 days or
more before they begin (NCA, nca.gov.ss/faqs/general-discussion/tariffs-faqs). In English, as filed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from core.catalog.data_packs import packs_of
from core.catalog.fair_use import FairUse, fair_use_of
from core.catalog.models import Plan, PlanVersion, Promotion, Tariff, TariffVersion
from core.catalog.plan_words import plan_words
from core.days import DAY, Period, juba_day, on_day
from core.errors import InvalidDay
from core.money import Money

TARIFF_COLUMNS: Final = (
    "code", "name", "name in Arabic", "pay", "down kbit/s", "up kbit/s", "data GB", "fair use",
    "price", "currency", "set-up", "deposit", "rental", "overage per GB", "data packs", "valid from", "valid until",
    "raises the price", "raised by percent", "fees raised", "days of notice",
)  # fmt: skip
PROMOTION_COLUMNS: Final = (
    "promotion", "name", "name in Arabic", "tariff", "percent off", "periods", "valid from", "valid until",
    "approval reference", "approved on",
)  # fmt: skip
MONTHS_OF_A_QUARTER: Final = 3
UNLIMITED: Final = "unlimited"
HOTSPOT: Final = "hotspot"  # a plan that is paid for by the token

_QUARTER: Final = re.compile(r"(2[0-9]{3})Q([1-4])")
_GIGABYTE: Final = 10**9
_PERIOD_SAID: Final = {"day": "day", "week": "week", "month": "month", "billing": "billing month"}
_MOMENT: Final = timedelta(microseconds=1)
_FEES: Final = (
    ("set-up", "set_up_minor"),
    ("deposit", "deposit_minor"),
    ("rental", "rental_minor"),
    ("overage", "overage_minor"),
)
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
_PLAN_VERSIONS: Final = (
    select(Plan.code, Plan.withdrawn_at, *(column for column in PlanVersion.__table__.c if column.key != "id"))
    .join(PlanVersion, PlanVersion.plan_id == Plan.id)
    .order_by(Plan.alias, PlanVersion.valid_from)
)
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
    """Every version of a tariff or a hotspot's plan in force on a day of the quarter; after an empty line, promotions.

    A tariff's version is in force up to the day before the next one, or before it was withdrawn; a plan's up to the day
    of its last moment. Amounts in major units.

    Raises:
        InvalidDay: not a quarter like `2026Q4`.
    """
    days = quarter_days(quarter)
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(TARIFF_COLUMNS)
    for _tariff, versions in groupby(connection.execute(_VERSIONS), key=lambda row: row.tariff_id):
        sheet.writerows(_rows_of_tariff(list(versions), days))
    for _plan, versions in groupby(connection.execute(_PLAN_VERSIONS), key=lambda row: row.plan_id):
        sheet.writerows(_rows_of_plan(list(versions), days))
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


def _rows_of_plan(versions: Sequence[Any], days: Period) -> Iterator[list[str]]:
    for index, version in enumerate(versions):
        ends = [versions[index + 1].valid_from] if index + 1 < len(versions) else []
        if version.withdrawn_at is not None:
            ends.append(version.withdrawn_at)
        end = min(ends, default=None)
        if end is not None and end <= version.valid_from:
            continue  # never sold
        first, last = juba_day(version.valid_from), None if end is None else juba_day(end - _MOMENT)
        if days.overlap(first, last and last + DAY):
            yield _cells(_plan(version, versions[index - 1] if index else None, first, last))


def _plan(version: Any, before: Any | None, first: date, last: date | None) -> tuple[object, ...]:
    """Its columns: a plan has no name but what it is, no fees, and no day on which it was written down."""
    name, name_ar = (plan_words(tongue, version.duration_s, version.data_bytes) for tongue in ("en", "ar"))
    return (
        version.code, name, name_ar, HOTSPOT, version.down_kbps, version.up_kbps,
        UNLIMITED if version.data_bytes is None else _gigabytes(version.data_bytes), None,
        Money(version.price_minor, version.currency).major, version.currency, None, None, None, None, None,
        first, last, *_raise(version, before), None, None,
    )  # fmt: skip


def _version(version: Any, before: Any | None, until: date | None) -> tuple[object, ...]:
    def money(minor: int | None) -> Decimal | None:
        return None if minor is None else Money(minor, version.currency).major

    return (
        version.code, version.name_en, version.name_ar, version.pay, version.down_kbps, version.up_kbps,
        UNLIMITED if version.data_bytes is None else _gigabytes(version.data_bytes),
        _fair_use(fair_use_of(version.fair_use)),
        money(version.price_minor), version.currency, money(version.set_up_minor), money(version.deposit_minor),
        money(version.rental_minor), money(version.overage_minor), _packs(version),
        version.valid_from, until and until - DAY,
        *_raise(version, before), _fees_raised(version, before),
        # Entered on its first day or after it: no notice at all.
        max(0, (version.valid_from - juba_day(version.made_at)).days),
    )  # fmt: skip


def _raise(version: Any, before: Any | None) -> tuple[str, str]:
    """Whether the price is above the one before, and by how many percent."""
    if before is None:
        return "no", ""
    if before.currency != version.currency:
        return "other currency", ""
    if version.price_minor <= before.price_minor:
        return "no", ""
    return "yes", _percent_more(version.price_minor, before.price_minor)


def _fees_raised(version: Any, before: Any | None) -> str:
    """Which amounts beside the price are above those before: `set-up 50.0%, rental new`."""
    if before is None or before.currency != version.currency:
        return ""
    raised = []
    for name, of in _FEES:
        now, then = getattr(version, of) or 0, getattr(before, of) or 0
        if now > then:
            raised.append(f"{name} {_percent_more(now, then)}%" if then else f"{name} new")
    then_of = {pack.data_bytes: pack.price.minor for pack in packs_of(before.packs, before.currency)}
    for pack in packs_of(version.packs, version.currency):
        then = then_of.get(pack.data_bytes, pack.price.minor)
        if pack.price.minor > then:
            raised.append(f"{_gigabytes(pack.data_bytes)} GB {_percent_more(pack.price.minor, then)}%")
    return ", ".join(raised)


def _percent_more(now: int, then: int) -> str:
    """By how many percent one amount is above another: one decimal, half a tenth goes up."""
    tenths = (2000 * (now - then) + then) // (2 * then)
    return f"{tenths // 10}.{tenths % 10}"


def _promotion(row: Any) -> tuple[object, ...]:
    percent = (Decimal(row.off_millionths) / 10_000).normalize()
    return (
        row.code, row.name_en, row.name_ar, row.tariff_code, f"{percent:f}", row.periods, row.valid_from,
        row.valid_until - DAY, row.approval_reference, row.approved_on,
    )  # fmt: skip


def _fair_use(rule: FairUse | None) -> str | None:
    """In words: `40 GB a billing month: 512/256 kbit/s; free 22-6`."""
    if rule is None:
        return None
    said = [
        f"{_gigabytes(step.after_bytes)} GB a {_PERIOD_SAID[step.period]}: {step.down_kbps}/{step.up_kbps} kbit/s"
        for step in rule.steps
    ]
    return "; ".join(said + ([f"free {rule.free_from}-{rule.free_until}"] if rule.free_hours else []))


def _packs(version: Any) -> str | None:
    """More data in the same month, in words: `1 GB 500.00; 5 GB 2000.00`."""
    packs = packs_of(version.packs, version.currency)
    return "; ".join(f"{_gigabytes(pack.data_bytes)} GB {pack.price.major}" for pack in packs) or None


def _gigabytes(data_bytes: int | None) -> str | None:
    return None if data_bytes is None else f"{(Decimal(data_bytes) / _GIGABYTE).normalize():f}"


def _cells(values: Sequence[object]) -> list[str]:
    """Values as text; one that a spreadsheet would run is led by an apostrophe."""
    texts = ("" if value is None else str(value) for value in values)
    return [f"'{text}" if text.startswith(_FORMULA_BEGINS) else text for text in texts]
