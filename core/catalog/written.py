"""The catalogue as it was written: every version, rate and promotion, when from, and by whom. For staff to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, select

from core.catalog.models import ExchangeRate, Promotion, Tariff, TariffVersion, Tax, TaxRate
from core.errors import NotFound
from core.staff.models import StaffMember

RATES_SHOWN_MAX: Final = 60
PROMOTIONS_SHOWN_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class TariffNamed:
    """What a tariff is for ever, and when it went out of sale."""

    tariff_id: int
    code: str
    alias: int
    name_en: str
    name_ar: str
    pay: str
    billed_on: str
    reconnect: str
    product_class: str
    withdrawn_on: date | None

    def name(self, language: str) -> str:
        """Its name in a language."""
        return self.name_ar if language == "ar" else self.name_en


@dataclass(frozen=True, slots=True)
class TaxNamed:
    """A tax by name, in the order in which taxes are computed."""

    code: str
    name_en: str
    name_ar: str
    position: int

    def name(self, language: str) -> str:
        """Its name in a language."""
        return self.name_ar if language == "ar" else self.name_en


@dataclass(frozen=True, slots=True)
class RateWritten:
    """A tax's rate on a class of products, up to `valid_until` (not included)."""

    rate_id: int
    tax_code: str
    product_class: str
    rate_millionths: int
    inclusive: bool
    compound: bool
    valid_from: date
    valid_until: date | None
    note: str
    staff: str | None


@dataclass(frozen=True, slots=True)
class ExchangeWritten:
    """What a unit of a currency cost in pounds, in millionths, as somebody wrote it down."""

    day: date
    currency: str
    rate_millionths: int
    source: str
    staff: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PromotionWritten:
    """So much off a tariff for who joins between two days, the last not included."""

    code: str
    name_en: str
    name_ar: str
    tariff_code: str
    valid_from: date
    valid_until: date
    off_millionths: int
    periods: int
    approval_reference: str
    approved_on: date
    staff: str | None

    def name(self, language: str) -> str:
        """Its name in a language."""
        return self.name_ar if language == "ar" else self.name_en


def tariffs_named(connection: Connection) -> list[TariffNamed]:
    """Every tariff, in the order of the numbers people press; those without a version too."""
    return [TariffNamed(*row) for row in connection.execute(select(Tariff.__table__).order_by(Tariff.alias))]


def tariff_of_alias(connection: Connection, alias: int) -> TariffNamed:
    """The tariff of a number.

    Raises:
        NotFound: it is no tariff's.
    """
    row = connection.execute(select(Tariff.__table__).where(Tariff.alias == alias)).first()
    if row is None:
        raise NotFound(what="tariff")
    return TariffNamed(*row)


def version_writers(connection: Connection, tariff_id: int) -> dict[int, str | None]:
    """Who wrote each version of a tariff: version -> name; None where it was not staff."""
    rows = connection.execute(
        select(TariffVersion.id, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == TariffVersion.made_by)
        .where(TariffVersion.tariff_id == tariff_id)
    )
    return {row.id: row.name for row in rows}


def taxes_named(connection: Connection) -> list[TaxNamed]:
    """Every tax, in the order of computing."""
    columns = (Tax.code, Tax.name_en, Tax.name_ar, Tax.position)
    return [TaxNamed(*row) for row in connection.execute(select(*columns).order_by(Tax.position, Tax.id))]


def tax_rates_written(connection: Connection) -> list[RateWritten]:
    """Every rate of every tax: by class of products, the last first."""
    rows = connection.execute(
        select(
            TaxRate.id.label("rate_id"),
            Tax.code.label("tax_code"),
            TaxRate.product_class,
            TaxRate.rate_millionths,
            TaxRate.inclusive,
            TaxRate.compound,
            TaxRate.valid_from,
            TaxRate.valid_until,
            TaxRate.note,
            StaffMember.name.label("staff"),
        )
        .join(Tax, Tax.id == TaxRate.tax_id)
        .outerjoin(StaffMember, StaffMember.id == TaxRate.made_by)
        .order_by(TaxRate.product_class, TaxRate.valid_from.desc())
    )
    return [RateWritten(**row) for row in rows.mappings()]


def exchange_rates_written(connection: Connection) -> list[ExchangeWritten]:
    """Exchange rates, the newest day first, at most `RATES_SHOWN_MAX`."""
    rows = connection.execute(
        select(
            ExchangeRate.day,
            ExchangeRate.currency,
            ExchangeRate.rate_millionths,
            ExchangeRate.source,
            StaffMember.name,
            ExchangeRate.made_at,
        )
        .outerjoin(StaffMember, StaffMember.id == ExchangeRate.made_by)
        .order_by(ExchangeRate.day.desc(), ExchangeRate.id.desc())
        .limit(RATES_SHOWN_MAX)
    )
    return [ExchangeWritten(*row) for row in rows]


def promotions_written(connection: Connection) -> list[PromotionWritten]:
    """Promotions, the last to begin first, at most `PROMOTIONS_SHOWN_MAX`."""
    rows = connection.execute(
        select(
            Promotion.code,
            Promotion.name_en,
            Promotion.name_ar,
            Tariff.code,
            Promotion.valid_from,
            Promotion.valid_until,
            Promotion.off_millionths,
            Promotion.periods,
            Promotion.approval_reference,
            Promotion.approved_on,
            StaffMember.name,
        )
        .join(Tariff, Tariff.id == Promotion.tariff_id)
        .outerjoin(StaffMember, StaffMember.id == Promotion.made_by)
        .order_by(Promotion.valid_from.desc(), Promotion.id.desc())
        .limit(PROMOTIONS_SHOWN_MAX)
    )
    return [PromotionWritten(*row) for row in rows]
