"""What is taken off a tariff for those who join it on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core.catalog.models import Promotion

_PROMOTIONS: Final = select(
    Promotion.id,
    Promotion.tariff_id,
    Promotion.code,
    Promotion.name_en,
    Promotion.name_ar,
    Promotion.off_millionths,
    Promotion.periods,
)
# At most one: promotions of a tariff never meet on a day (an exclusion constraint).
_PROMOTION_ON: Final = _PROMOTIONS.where(
    Promotion.tariff_id == bindparam("tariff_id"),
    Promotion.valid_from <= bindparam("day"),
    Promotion.valid_until > bindparam("day"),
)


@dataclass(frozen=True, slots=True)
class PromotionTerms:
    """So many millionths off the price of a tariff, for so many periods."""

    id: int
    tariff_id: int
    code: str
    name_en: str
    name_ar: str
    off_millionths: int
    periods: int


def promotion_for(connection: Connection, tariff_id: int, day: date) -> PromotionTerms | None:
    """The promotion of a tariff on a day, if there is one."""
    row = connection.execute(_PROMOTION_ON, {"tariff_id": tariff_id, "day": day}).first()
    return PromotionTerms(*row) if row else None


def promotions_of(connection: Connection, ids: set[int]) -> dict[int, PromotionTerms]:
    """Promotions by their ids, also those that are over: who joined in their days has them."""
    if not ids:
        return {}
    return {row.id: PromotionTerms(*row) for row in connection.execute(_PROMOTIONS.where(Promotion.id.in_(ids)))}
