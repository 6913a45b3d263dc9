"""Giving a monthly plan its name, its number and its manner of payment, for ever. Prices come by versions."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.catalog.labels import label
from core.catalog.models import Tariff
from core.catalog.taxes import PRODUCT_CLASSES
from core.db.engine import Transaction
from core.errors import AliasTaken, KeyReused, NotPossibleNow

ALIAS_MAX: Final = 89  # 90 to 99 are keys of the menus themselves, such as 98 for more
_WORDS: Final = {
    "pay": ("prepaid", "postpaid"),
    "billed_on": ("anniversary", "first_of_month"),
    "reconnect": ("new_day", "keep_day"),
    "product_class": PRODUCT_CLASSES,
}


def open_tariff(
    tx: Transaction,
    *,
    code: str,
    alias: int,
    name_en: str,
    name_ar: str,
    pay: str,
    billed_on: str,
    reconnect: str = "new_day",
    product_class: str = "telecom",
) -> int:
    """The id of the tariff with this code; made when it is new. `alias` is the number people press for it, 1 to 89.

    Raises:
        InvalidName: the code or a name is none.
        NotPossibleNow: `pay`, `billed_on`, `reconnect` or `product_class` is a word we do not know.
        AliasTaken: the number is another tariff's, or never a tariff's.
        KeyReused: the code stands for a tariff on other terms.
    """
    terms: dict[str, Any] = {
        "code": label(code),
        "alias": alias,
        "name_en": label(name_en),
        "name_ar": label(name_ar),
        "pay": pay,
        "billed_on": billed_on,
        "reconnect": reconnect,
        "product_class": product_class,
    }
    for what, known in _WORDS.items():
        if terms[what] not in known:
            raise NotPossibleNow(what=what, state=terms[what][:40])
    if not 1 <= alias <= ALIAS_MAX:
        raise AliasTaken(alias=alias)
    # No target: a race for the code and one for the number both end here, the loser after the winner's commit.
    made = tx.execute(upsert(Tariff).values(terms).on_conflict_do_nothing().returning(Tariff.id)).scalar()
    if made is not None:
        return int(made)
    there = tx.execute(select(Tariff.__table__).where(Tariff.code == terms["code"])).mappings().first()
    if there is None:
        raise AliasTaken(alias=alias)
    if any(there[what] != wanted for what, wanted in terms.items()):
        raise KeyReused(key=terms["code"])
    return int(there["id"])
