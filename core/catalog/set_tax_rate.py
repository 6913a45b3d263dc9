"""Taxes by name, and their rates between two days. A rate's terms never change; it is ended, and another follows."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.catalog.billed_days import refuse_if_billed
from core.catalog.labels import label, line
from core.catalog.models import Tax, TaxRate
from core.catalog.shares import share_of
from core.catalog.taxes import PRODUCT_CLASSES
from core.db.engine import Transaction
from core.errors import DatesMissing, DatesOverlap, KeyReused, NotFound, NotPossibleNow

POSITION_MAX: Final = 99


def open_tax(tx: Transaction, *, code: str, name_en: str, name_ar: str, position: int) -> int:
    """The id of the tax with this code; made when it is new. Taxes are computed by `position`, 1 to 99.

    Raises:
        InvalidName: the code or a name is none.
        NotPossibleNow: there is no such position.
        KeyReused: the code stands for a tax of another name or position.
    """
    if not 1 <= position <= POSITION_MAX:
        raise NotPossibleNow(what="tax", state="position")
    terms: dict[str, Any] = {
        "code": label(code),
        "name_en": label(name_en),
        "name_ar": label(name_ar),
        "position": position,
    }
    tx.execute(upsert(Tax).values(terms).on_conflict_do_nothing(index_elements=[Tax.code]))
    there = tx.execute(select(Tax.__table__).where(Tax.code == terms["code"])).mappings().one()
    if any(there[what] != wanted for what, wanted in terms.items()):
        raise KeyReused(key=terms["code"])
    return int(there["id"])


def set_tax_rate(
    tx: Transaction,
    *,
    tax_code: str,
    product_class: str,
    rate_percent: Decimal,
    inclusive: bool,
    compound: bool,
    valid_from: date | None,
    valid_until: date | None,
    note: str,
    staff_id: int | None,
    now: datetime,
) -> int:
    """From `valid_from` up to, not including, `valid_until` a class of products bears this rate. Returns its id.

    Raises:
        DatesMissing: no first day, or no day after it.
        ShareOutOfRange: not a percentage from 0 to 100 with at most four digits after the point.
        NotPossibleNow: an unknown class of products.
        InvalidName: the note is longer than a line.
        NotFound: no such tax.
        AlreadyBilled: bills of some of these days stand, without it.
        DatesOverlap: the tax has a rate on some of these days already.
    """
    if valid_from is None or (valid_until is not None and valid_until <= valid_from):
        raise DatesMissing(what="tax rate")
    if product_class not in PRODUCT_CLASSES:
        raise NotPossibleNow(what="product_class", state=product_class[:40])
    rate_millionths, remark = share_of(rate_percent), line(note)
    tax_id = tx.execute(select(Tax.id).where(Tax.code == tax_code)).scalar()
    if tax_id is None:
        raise NotFound(what="tax")
    refuse_if_billed(tx, valid_from, valid_until)
    # The exclusion constraint is the check itself. Asked this way, it waits for a rate that somebody else sets at this
    # moment and then yields to it; a query first would not see that one, and a plain INSERT could deadlock with it.
    made = tx.execute(
        upsert(TaxRate)
        .values(
            tax_id=tax_id,
            product_class=product_class,
            rate_millionths=rate_millionths,
            inclusive=inclusive,
            compound=compound,
            valid_from=valid_from,
            valid_until=valid_until,
            note=remark,
            made_by=staff_id,
            made_at=now,
        )
        .on_conflict_do_nothing()
        .returning(TaxRate.id)
    ).scalar()
    if made is None:
        raise DatesOverlap(what="tax rate")
    return int(made)


def end_tax_rate(tx: Transaction, *, rate_id: int, until: date) -> None:
    """The rate holds up to, not including, this day. The same end again changes nothing; another one is refused.

    Raises:
        NotFound: no such rate.
        NotPossibleNow: it was given another end before.
        DatesMissing: it would hold on no day.
        AlreadyBilled: bills of that day or later ones stand, with it.
    """
    rate = tx.execute(
        select(TaxRate.valid_from, TaxRate.valid_until).where(TaxRate.id == rate_id).with_for_update()
    ).first()
    if rate is None:
        raise NotFound(what="tax rate")
    if rate.valid_until == until:
        return
    if rate.valid_until is not None:
        raise NotPossibleNow(what="tax rate", state="ended")
    if until <= rate.valid_from:
        raise DatesMissing(what="tax rate")
    refuse_if_billed(tx, until)
    tx.execute(update(TaxRate).where(TaxRate.id == rate_id).values(valid_until=until))
