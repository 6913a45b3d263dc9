"""An owner asks for their balance: what is theirs is settled, and sent to the MoMo number they confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import BalanceTooSmall, KeyReused, MomoNotConfirmed, NewNumberLater, PayoutOnItsWay
from core.ids import Ids
from core.money import Money
from core.owners.locked import lock_owner
from core.owners.money_figures import owner_money
from core.payouts.limits import SETTLED_LEAST
from core.payouts.models import OwnerTerms, Payout, Settlement
from core.payouts.owner_terms import terms_on
from core.payouts.settle_owner import settle_owner

_BEFORE: Final = (
    select(Settlement.owner_id, Payout.id, Payout.amount_minor, Payout.currency, Payout.payee_phone, Payout.state)
    .join(Payout, Payout.id == Settlement.payout_id)
    .where(Settlement.request_key == bindparam("request_key"))
)
_PAYOUT: Final = select(Payout.id, Payout.amount_minor, Payout.currency, Payout.payee_phone, Payout.state).where(
    Payout.id == bindparam("payout_id")
)
# One that waits for a person or is on its way; an unknown one may have arrived, so nothing follows it.
_OPEN: Final = (
    select(Payout.amount_minor)
    .where(
        Payout.customer_id == bindparam("owner_id"),
        Payout.source.startswith("owner_due:"),
        Payout.state.in_(("waiting", "approved", "submitted", "unknown")),
    )
    .order_by(Payout.id)
    .limit(1)
)
_COMING: Final = (
    select(OwnerTerms.from_day)
    .where(
        OwnerTerms.owner_id == bindparam("owner_id"),
        OwnerTerms.from_day > bindparam("today"),
        OwnerTerms.payout_phone == bindparam("phone"),
    )
    .order_by(OwnerTerms.from_day)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class PayoutAsked:
    """A payout that an owner asked for. `state`: `approved` is being sent, `waiting` is for a person to approve.

    `again`: the same request had asked for it before.
    """

    payout_id: int
    amount: Money
    phone: str
    state: str
    again: bool


def ask_owner_payout(
    tx: Transaction, *, owner_id: int, request_key: str, platform: str, now: datetime, ids: Ids
) -> PayoutAsked:
    """Settle with an owner now and pay out all that is left. Once per request; one payout of theirs at a time.

    `platform`: the one our disburser speaks to. The owner is texted that it is sent, and how it ended.

    Raises:
        PayoutOnItsWay: one is, or nobody knows yet whether it arrived.
        MomoNotConfirmed: there is no number to pay to, or their terms name another than the one they confirmed.
        NewNumberLater: the number they confirmed gets their money from a later day on, and the old one no more.
        BalanceTooSmall: less is theirs than is worth a transfer.
        NotAnOwner, OwnerSuspended, CustomerNotActive: they may not.
        KeyReused: the request was another owner's.
    """
    owner = lock_owner(tx, owner_id)  # two who ask at once: one after the other
    key = f"asked:{request_key}"
    before = tx.execute(_BEFORE, {"request_key": key}).first()
    if before is not None:
        if before.owner_id != owner_id:
            raise KeyReused(key=request_key)
        return _asked(before, again=True)
    on_its_way = tx.execute(_OPEN, {"owner_id": owner_id}).scalar()
    if on_its_way is not None:
        raise PayoutOnItsWay(amount=Money(on_its_way, HOME_CURRENCY))
    _refuse_unless_confirmed(tx, owner, owner_id, juba_day(now))
    more: dict[str, Any] = {"platform": platform, "staff_id": None, "now": now, "ids": ids}
    settled = settle_owner(tx, request_key=key, owner_id=owner_id, **more)
    if settled is None or settled.payout_id is None:
        have = settled.lines.left if settled else owner_money(tx.connection, owner_id, now).balance
        raise BalanceTooSmall(have=have, least=SETTLED_LEAST)
    return _asked(tx.execute(_PAYOUT, {"payout_id": settled.payout_id}).one(), again=False)


def _refuse_unless_confirmed(tx: Transaction, owner: Any, owner_id: int, today: date) -> None:
    terms = terms_on(tx.connection, owner_id, today)
    if terms is None or owner["momo_confirmed_at"] is None:
        raise MomoNotConfirmed
    if terms.payout_phone != owner["momo_phone"]:
        asked = {"owner_id": owner_id, "today": today, "phone": owner["momo_phone"]}
        coming = tx.execute(_COMING, asked).scalar()
        if coming is not None:
            raise NewNumberLater(day=coming)
        raise MomoNotConfirmed  # terms lead to another number than theirs: confirmed again, it stands in terms anew


def _asked(row: Any, *, again: bool) -> PayoutAsked:
    return PayoutAsked(row.id, Money(row.amount_minor, row.currency), row.payee_phone, row.state, again)
