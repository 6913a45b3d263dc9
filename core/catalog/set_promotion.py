"""Taking something off a tariff between two days, once the regulator has approved it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.catalog.labels import label, line
from core.catalog.models import Promotion, Tariff
from core.catalog.shares import share_of
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import (
    DatesMissing,
    DatesOverlap,
    InvalidDay,
    KeyReused,
    NotFound,
    NotPossibleNow,
    PromotionNotApproved,
    ShareOutOfRange,
)

# Promotions and special offers are approved seven days or more before they begin (NCA, questions about tariffs,
# nca.gov.ss/faqs/general-discussion/tariffs-faqs); fines go up to USD 300,000.
PROMOTION_NOTICE_DAYS: Final = 7
PERIODS_MAX: Final = 24


def set_promotion(
    tx: Transaction,
    *,
    code: str,
    name_en: str,
    name_ar: str,
    tariff_code: str,
    valid_from: date | None,
    valid_until: date | None,
    percent_off: Decimal,
    periods: int,
    approval_reference: str,
    approved_on: date | None,
    staff_id: int | None,
    now: datetime,
) -> int:
    """Who joins the tariff from `valid_from` up to, not including, `valid_until` pays less for some periods. Its id.

    The same promotion again changes nothing.

    Raises:
        InvalidName: the code or a name is none, or the reference is longer than a line.
        DatesMissing: a day is missing, or there is none between them.
        ShareOutOfRange: not a percentage above 0, up to 100, with at most four digits after the point.
        NotPossibleNow: not 1 to 24 periods.
        PromotionNotApproved: no reference, or approved less than `PROMOTION_NOTICE_DAYS` before it begins.
        InvalidDay: approved on a day still to come in Juba.
        NotFound: no such tariff.
        DatesOverlap: the tariff has a promotion on some of these days already.
        KeyReused: the code stands for another promotion.
    """
    if valid_from is None or valid_until is None or valid_until <= valid_from:
        raise DatesMissing(what="promotion")
    terms: dict[str, Any] = {
        "code": label(code),
        "name_en": label(name_en),
        "name_ar": label(name_ar),
        "valid_from": valid_from,
        "valid_until": valid_until,
        "off_millionths": share_of(percent_off),
        "periods": periods,
        "approval_reference": line(approval_reference),
        "approved_on": approved_on,
    }
    if terms["off_millionths"] == 0:
        raise ShareOutOfRange(typed=str(percent_off)[:40])
    if not 1 <= periods <= PERIODS_MAX:
        raise NotPossibleNow(what="promotion", state="periods")
    _refuse_unapproved(terms["approval_reference"], approved_on, valid_from, now)
    terms["tariff_id"] = tx.execute(select(Tariff.id).where(Tariff.code == tariff_code)).scalar()
    if terms["tariff_id"] is None:
        raise NotFound(what="tariff")
    # As with tax rates: this waits for whoever sets one at this moment, for the code as for the days, and yields.
    made = tx.execute(
        upsert(Promotion)
        .values(**terms, made_by=staff_id, made_at=now)
        .on_conflict_do_nothing()
        .returning(Promotion.id)
    ).scalar()
    if made is not None:
        return int(made)
    there = tx.execute(select(Promotion.__table__).where(Promotion.code == terms["code"])).mappings().first()
    if there is None:
        raise DatesOverlap(what="promotion")
    if any(there[what] != wanted for what, wanted in terms.items()):
        raise KeyReused(key=terms["code"])
    return int(there["id"])


def _refuse_unapproved(reference: str, approved_on: date | None, valid_from: date, now: datetime) -> None:
    if not reference or approved_on is None or (valid_from - approved_on).days < PROMOTION_NOTICE_DAYS:
        raise PromotionNotApproved(days=PROMOTION_NOTICE_DAYS)
    if approved_on > juba_day(now):
        raise InvalidDay(typed=approved_on.isoformat())
