"""What a Wi-Fi owner agreed to: our commission of what is sold at their hotspots, the tax kept back, where to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from core.catalog.taxes import MILLION
from core.customers.models import Customer
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import DatesOverlap, InvalidDay, NotMomoPhone, ShareOutOfRange
from core.money import Money
from core.payouts.models import OwnerTerms
from core.phones import can_pay_by_momo

_TERMS_ON: Final = (
    select(
        OwnerTerms.owner_id,
        Customer.number,
        OwnerTerms.from_day,
        OwnerTerms.commission_millionths,
        OwnerTerms.withholding_millionths,
        OwnerTerms.payout_phone,
    )
    .join(Customer, Customer.id == OwnerTerms.owner_id)
    .where(OwnerTerms.owner_id == bindparam("owner_id"), OwnerTerms.from_day <= bindparam("day"))
    .order_by(OwnerTerms.from_day.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Terms:
    """An owner's terms of a day. Shares in millionths: the commission of a price, the withholding of the shares.

    Law, as we read it (`facts/south-sudan.md` §5; not legal advice, so it is set owner by owner): the Financial Act
    2024/25 keeps back 10 % of mobile-money commission given to dealers (KPMG 2025). An owner's share of what is sold
    through us is such a commission, we are who gives it: the tax is of the shares, before anything is netted, for
    netting is a way of paying. It is owed to the authority from the settlement on.
    """

    owner_id: int
    owner_number: str
    from_day: date
    commission_millionths: int
    withholding_millionths: int
    payout_phone: str

    def commission(self, price: Money) -> Money:
        """Our part of a price, to the nearest piaster, ties to even; the owner's is the rest."""
        return price.share_half_even(self.commission_millionths, MILLION)

    def withheld(self, shares: Money) -> Money:
        """The tax kept back from shares."""
        return shares.share_half_even(self.withholding_millionths, MILLION)


def terms_on(connection: Connection, owner_id: int, day: date) -> Terms | None:
    """The terms that hold for an owner on a day; None: none are agreed, and what is sold there is ours."""
    row = connection.execute(_TERMS_ON, {"owner_id": owner_id, "day": day}).first()
    return Terms(*row) if row else None


def set_owner_terms(
    tx: Transaction,
    *,
    owner_id: int,
    from_day: date,
    commission_millionths: int,
    withholding_millionths: int,
    payout_phone: str,
    staff_id: int | None,
    now: datetime,
) -> None:
    """Agree on terms from a day on. Terms of days that are over stay as they were.

    Raises:
        ShareOutOfRange: not a share from nothing to all.
        NotMomoPhone: no phone of MTN's to pay to.
        InvalidDay: a day that is over.
        DatesOverlap: terms from that day on stand already.
    """
    for millionths in (commission_millionths, withholding_millionths):
        if not 0 <= millionths <= MILLION:
            raise ShareOutOfRange(typed=str(millionths))
    if not can_pay_by_momo(payout_phone):
        raise NotMomoPhone(phone=payout_phone)
    if from_day < juba_day(now):
        raise InvalidDay(typed=from_day.isoformat())
    try:
        with tx.connection.begin_nested():
            tx.execute(
                insert(OwnerTerms).values(
                    owner_id=owner_id,
                    from_day=from_day,
                    commission_millionths=commission_millionths,
                    withholding_millionths=withholding_millionths,
                    payout_phone=payout_phone,
                    set_by=staff_id,
                    set_at=now,
                )
            )
    except IntegrityError as error:
        if "uq_owner_terms_from_day" not in str(error.orig):
            raise
        raise DatesOverlap(what="owner terms") from None
