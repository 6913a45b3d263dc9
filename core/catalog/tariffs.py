"""Tariffs as they were, are and will be: read once, asked by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.data_packs import DataPack, packs_of
from core.catalog.fair_use import FairUse, fair_use_of
from core.catalog.models import Tariff, TariffVersion
from core.money import Money

_VERSIONS: Final = (
    select(Tariff, TariffVersion)
    .join(TariffVersion, TariffVersion.tariff_id == Tariff.id)
    .order_by(Tariff.alias, TariffVersion.valid_from)
)


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """A tariff in one version. Speeds in kbit/s, data in bytes; `overage` is the price of each gigabyte begun."""

    version_id: int
    tariff_id: int
    code: str
    alias: int
    name_en: str
    name_ar: str
    pay: str
    billed_on: str
    reconnect: str
    product_class: str
    valid_from: date
    withdrawn_on: date | None
    data_bytes: int | None
    fair_use: FairUse | None
    down_kbps: int
    up_kbps: int
    burst_down_kbps: int | None
    burst_up_kbps: int | None
    price: Money
    set_up: Money
    deposit: Money
    rental: Money
    overage: Money | None
    due_days: int
    dunning: str
    packs: tuple[DataPack, ...] = ()

    def name(self, language: str) -> str:
        """Its name in a language."""
        return self.name_ar if language == "ar" else self.name_en


class TariffBook:
    """All tariffs in all versions."""

    def __init__(self, versions: Sequence[TariffTerms]) -> None:
        self._of: dict[int, list[TariffTerms]] = {}
        for version in versions:
            self._of.setdefault(version.tariff_id, []).append(version)

    def version(self, tariff_id: int, day: date) -> TariffTerms | None:
        """The version in force on a day; None before the first."""
        versions = self._of.get(tariff_id, [])
        index = bisect_right(versions, day, key=lambda version: version.valid_from)
        return versions[index - 1] if index else None

    def on_sale(self, day: date) -> list[TariffTerms]:
        """What can be joined on a day, in the order of aliases."""
        found = (self.version(tariff_id, day) for tariff_id in self._of)
        return [terms for terms in found if terms and (terms.withdrawn_on is None or terms.withdrawn_on > day)]

    def all_versions(self) -> list[TariffTerms]:
        """Every version, in the order of aliases and days."""
        return [version for versions in self._of.values() for version in versions]


def tariff_book(connection: Connection) -> TariffBook:
    """Read the book."""
    return TariffBook([_terms(row) for row in connection.execute(_VERSIONS).mappings()])


def _terms(row: Any) -> TariffTerms:
    def money(minor: int) -> Money:
        return Money(minor, row["currency"])

    return TariffTerms(
        version_id=row["id_1"],
        tariff_id=row["id"],
        price=money(row["price_minor"]),
        set_up=money(row["set_up_minor"]),
        deposit=money(row["deposit_minor"]),
        rental=money(row["rental_minor"]),
        overage=None if row["overage_minor"] is None else money(row["overage_minor"]),
        fair_use=fair_use_of(row["fair_use"]),
        packs=packs_of(row["packs"], row["currency"]),
        **{name: row[name] for name in _SAME},
    )


_SAME: Final = (
    "code", "alias", "name_en", "name_ar", "pay", "billed_on", "reconnect", "product_class", "valid_from",
    "withdrawn_on", "data_bytes", "down_kbps", "up_kbps", "burst_down_kbps",
    "burst_up_kbps", "due_days", "dunning",
)  # fmt: skip
