"""Asking for money to leave: a row that says to whom, from what and why. Nothing moves before it is approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import AmountOutOfRange, KeyReused, NotMomoPhone, ReasonMissing
from core.ids import Ids
from core.messaging import outbox
from core.money import Money
from core.payouts.limits import PAYOUT_LEAST, PAYOUT_MOST, alone
from core.payouts.models import Payout
from core.phones import can_pay_by_momo

REASON_CHARS_MAX: Final = 200
SOURCES: Final = ("wallet:", "owner_due:")  # what we owe somebody, and so may pay out


@dataclass(frozen=True, slots=True)
class Way:
    """How it goes: a rail; at a provider also its platform, whose phone, and whether as `transfer` or `refund`."""

    rail: str
    platform: str | None = None
    payee_phone: str | None = None
    sent_as: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A payout that was asked for. `again`: the same form had been sent before."""

    payout_id: int
    state: str
    again: bool


def by_momo(platform: str, payee_phone: str, sent_as: str = "transfer") -> Way:
    """By MTN MoMo, on the platform we speak to.

    Raises:
        NotMomoPhone: another operator's number.
    """
    if not can_pay_by_momo(payee_phone):
        raise NotMomoPhone(phone=payee_phone)
    return Way("mtn-momo", platform, payee_phone, sent_as)


def ask_payout(
    tx: Transaction,
    *,
    request_key: str,
    way: Way,
    customer_id: int,
    source: str,
    amount: Money,
    reason: str,
    staff_id: int | None,
    role: str | None,
    now: datetime,
    ids: Ids,
    receipt_id: int | None = None,
    alone_most: Money | None = None,
) -> Asked:
    """Ask for a payout from an account of ours such as `wallet:10003`. Once per `request_key`; it waits for approval.

    Above what the role sends alone (or `alone_most`, where no person asks) a second person approves. By MoMo the name
    of the payee is asked for at once, so that it is seen before anybody approves.

    Raises:
        ReasonMissing: no reason.
        AmountOutOfRange: less than a pound, or more than anybody sends.
        KeyReused: the same form with other contents.
    """
    if not reason.strip():
        raise ReasonMissing
    if not PAYOUT_LEAST <= amount <= PAYOUT_MOST:
        raise AmountOutOfRange(least=PAYOUT_LEAST, most=PAYOUT_MOST)
    if not source.startswith(SOURCES):
        raise AssertionError(f"nothing is paid out of {source}")
    kind = "transfer" if receipt_id is None else "refund"
    values: dict[str, Any] = {
        "reference": ids.new_uuid(),
        "request_key": request_key,
        "kind": kind,
        "rail": way.rail,
        "platform": way.platform,
        "sent_as": way.sent_as,
        "customer_id": customer_id,
        "receipt_id": receipt_id,
        "payee_phone": way.payee_phone,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "source": source,
        "reason": reason.strip()[:REASON_CHARS_MAX],
        "state": "waiting",
        "needs_second": amount > (alone(role or "", kind) if alone_most is None else alone_most),
        "asked_by": staff_id,
        "asked_at": now,
        "asks": 0,
    }
    payout_id = tx.execute(
        upsert(Payout).values(values).on_conflict_do_nothing(index_elements=[Payout.request_key]).returning(Payout.id)
    ).scalar()
    if payout_id is None:
        return asked_before(tx, request_key, customer_id=customer_id, receipt_id=receipt_id, amount=amount)
    if way.rail == "mtn-momo":
        outbox.put(tx, kind="payout.name", key=str(values["reference"]), body={"payout": payout_id}, now=now)
    return Asked(int(payout_id), "waiting", again=False)


def asked_before(
    tx: Transaction, request_key: str, *, customer_id: int, receipt_id: int | None, amount: Money
) -> Asked:
    """The payout that a form asked for when it was sent first.

    Raises:
        KeyReused: it asked for something else.
    """
    first = tx.execute(select(Payout).where(Payout.request_key == request_key)).mappings().one()
    told = (first["customer_id"], first["receipt_id"], first["amount_minor"], first["currency"])
    if told != (customer_id, receipt_id, amount.minor, amount.currency):
        raise KeyReused(key=request_key)
    return Asked(first["id"], first["state"], again=True)
