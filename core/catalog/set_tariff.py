"""What a tariff is from a day on: speeds, data, price and fees. What was in force before stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import column, func, insert, null, select, table

from core.catalog.billed_days import refuse_if_billed
from core.catalog.data_packs import DataPack, are_nonsense, packs_row
from core.catalog.fair_use import FairUse, fair_use_row, is_nonsense
from core.catalog.models import Tariff, TariffVersion
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import DatesOverlap, InvalidDay, NotFound, NotPossibleNow, PriceNotPositive
from core.money import Money

PRICE_CURRENCIES: Final = (HOME_CURRENCY, "USD")
SPEED_KBPS_MAX: Final = 10_000_000  # ten gigabits a second
DATA_BYTES_MAX: Final = 10**15
DUE_DAYS_MAX: Final = 90
NOTHING: Final = Money(0, HOME_CURRENCY)

# Dunning belongs to the billing room, above this one; here only whether a name is known matters.
_SCHEDULES: Final = table("dunning_schedule", column("code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """Terms of a version to be. Speeds in kbit/s, data in bytes; None: unlimited, no fair use, no burst, no overage.

    All amounts are in the price's currency; a fee of nothing is nothing in any. `overage` is for each gigabyte begun;
    `packs` are sold where data ends instead, the smallest first.
    """

    data_bytes: int | None = None
    fair_use: FairUse | None = None
    down_kbps: int
    up_kbps: int
    burst_down_kbps: int | None = None
    burst_up_kbps: int | None = None
    price: Money
    set_up: Money = NOTHING
    deposit: Money = NOTHING
    rental: Money = NOTHING
    overage: Money | None = None
    due_days: int = 14
    dunning: str = "standard"
    packs: tuple[DataPack, ...] = ()


def set_tariff_version(
    tx: Transaction, *, code: str, terms: NewTerms, valid_from: date, staff_id: int | None, now: datetime
) -> int:
    """From `valid_from` on the tariff is this. Returns the version's id.

    Versions follow one another; only the first may begin in the past.

    Raises:
        PriceNotPositive: the price or the overage is not above nothing, or a fee is below it.
        NotPossibleNow: terms that cannot be meant; `state` names which.
        NotFound: no such tariff, or no such dunning schedule.
        DatesOverlap: a version begins on that day or later already.
        InvalidDay: a changed price would change days that are over.
        AlreadyBilled: a changed price would begin on a day, or before one, of which bills stand.
    """
    _refuse_prices(terms)
    _refuse_nonsense(terms)
    # The tariff's row is locked: of two versions set at once the second sees the first. Foreign keys need not wait.
    tariff = tx.execute(
        select(Tariff.id, Tariff.pay).where(Tariff.code == code).with_for_update(key_share=True)
    ).first()
    if tariff is None:
        raise NotFound(what="tariff")
    tariff_id = tariff.id
    if terms.overage is not None and tariff.pay == "prepaid":
        raise NotPossibleNow(what="tariff", state="overage")  # prepaid has nothing to take it from afterwards
    if tx.execute(select(_SCHEDULES.c.code).where(_SCHEDULES.c.code == terms.dunning)).first() is None:
        raise NotFound(what="dunning schedule")
    last = tx.execute(select(func.max(TariffVersion.valid_from)).where(TariffVersion.tariff_id == tariff_id)).scalar()
    if last is not None and valid_from <= last:
        raise DatesOverlap(what="tariff version")
    if last is not None and valid_from < juba_day(now):
        raise InvalidDay(typed=valid_from.isoformat())
    if last is not None:
        refuse_if_billed(tx, valid_from)
    return int(
        tx.execute(
            insert(TariffVersion)
            .values(
                tariff_id=tariff_id,
                valid_from=valid_from,
                data_bytes=terms.data_bytes,
                fair_use=fair_use_row(terms.fair_use)
                or null(),  # None would be written as a JSON null, which is something
                packs=packs_row(terms.packs) or null(),
                down_kbps=terms.down_kbps,
                up_kbps=terms.up_kbps,
                burst_down_kbps=terms.burst_down_kbps,
                burst_up_kbps=terms.burst_up_kbps,
                currency=terms.price.currency,
                price_minor=terms.price.minor,
                set_up_minor=terms.set_up.minor,
                deposit_minor=terms.deposit.minor,
                rental_minor=terms.rental.minor,
                overage_minor=None if terms.overage is None else terms.overage.minor,
                due_days=terms.due_days,
                dunning=terms.dunning,
                made_by=staff_id,
                made_at=now,
            )
            .returning(TariffVersion.id)
        ).scalar_one()
    )


def _refuse_prices(terms: NewTerms) -> None:
    fees = (terms.set_up, terms.deposit, terms.rental)
    if terms.price.minor <= 0 or any(fee.minor < 0 for fee in fees):
        raise PriceNotPositive
    if terms.overage is not None and terms.overage.minor <= 0:
        raise PriceNotPositive
    amounts = [
        terms.price,
        *fees,
        *([terms.overage] if terms.overage else []),
        *(pack.price for pack in terms.packs),
    ]
    if terms.price.currency not in PRICE_CURRENCIES:
        raise NotPossibleNow(what="tariff", state="currency")
    if any(amount and amount.currency != terms.price.currency for amount in amounts):
        raise NotPossibleNow(what="tariff", state="two currencies")


def _refuse_nonsense(terms: NewTerms) -> None:
    bursts = (terms.burst_down_kbps, terms.burst_up_kbps)
    speeds = (terms.down_kbps, terms.up_kbps, *bursts)
    wrong = {
        "speed": any(speed is not None and not 1 <= speed <= SPEED_KBPS_MAX for speed in speeds),
        "data": terms.data_bytes is not None and not 1 <= terms.data_bytes <= DATA_BYTES_MAX,
        "fair use": terms.fair_use is not None and is_nonsense(terms.fair_use, terms.down_kbps, terms.up_kbps),
        "burst": _burst_is_none(terms),
        "overage": terms.overage is not None and terms.data_bytes is None,
        "packs": are_nonsense(terms.packs, DATA_BYTES_MAX),
        "packs without an end": bool(terms.packs)
        and (terms.overage is not None or (terms.data_bytes is None and terms.fair_use is None)),
        "due days": not 0 <= terms.due_days <= DUE_DAYS_MAX,
    }
    for state, is_so in wrong.items():
        if is_so:
            raise NotPossibleNow(what="tariff", state=state)


def _burst_is_none(terms: NewTerms) -> bool:
    """A burst in one direction only, or slower than the speed it lifts."""
    if terms.burst_down_kbps is None or terms.burst_up_kbps is None:
        return terms.burst_down_kbps is not terms.burst_up_kbps
    return terms.burst_down_kbps < terms.down_kbps or terms.burst_up_kbps < terms.up_kbps
