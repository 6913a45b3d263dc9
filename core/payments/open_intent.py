"""Meaning to collect a payment: the row and its key first, the provider after commit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, String, and_, bindparam, func, insert, or_, select

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import (
    AmountOutOfRange,
    CustomerNotActive,
    KeyReused,
    NotMomoPhone,
    PaymentUnknown,
    PaymentWaiting,
    TooManyTries,
)
from core.ids import Ids
from core.messaging import outbox
from core.money import Money
from core.payments.limits import (
    MOMO_LEAST,
    MOMO_MOST,
    PAYMENTS_COUNTED_OVER,
    PAYMENTS_PER_CUSTOMER_MAX,
    PROMPTS_PER_PHONE_MAX,
    WAITS_FOR_APPROVAL,
)
from core.payments.models import PaymentIntent
from core.payments.rails import Rail, charged_in
from core.phones import can_pay_by_momo

# Two sessions of one customer meet here, then two customers who name one phone: never at the provider.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("turn", type_=String), 0)))
_INTENT_OF_REQUEST: Final = select(
    PaymentIntent.id,
    PaymentIntent.amount_minor,
    PaymentIntent.purpose,
    PaymentIntent.payer_phone,
    PaymentIntent.customer_id,
    PaymentIntent.purpose_body,
).where(PaymentIntent.request_key == bindparam("request_key"))
# A payment for the same thing that stands in the way: one whose prompt is on the phone, or one that is unknown. One
# read for both, for every paying hop makes it.
# Unknown, its money may have moved: the same bill or token is not paid twice, whatever amount is offered for it. A
# top-up is the same only when its amount is, as a prompt is.
_IN_THE_WAY: Final = (
    select(PaymentIntent.amount_minor, PaymentIntent.currency, PaymentIntent.created_at, PaymentIntent.state)
    .where(
        PaymentIntent.customer_id == bindparam("customer_id"),
        PaymentIntent.purpose == bindparam("purpose"),
        PaymentIntent.purpose_body == bindparam("purpose_body"),
        PaymentIntent.state.in_(("created", "submitted", "unknown")),  # word for word the partial index
        or_(
            PaymentIntent.amount_minor == bindparam("amount_minor"),
            and_(PaymentIntent.state == "unknown", PaymentIntent.purpose != "topup"),
        ),
        # However old: an open one may have been paid while its provider was silent. Only its end makes room.
    )
    .order_by(PaymentIntent.state.desc())  # unknown first: it is the graver
    .limit(1)
)
# The row that must leave the window before there is room again; none while there is room.
_PHONE_IS_FULL: Final = (
    select(PaymentIntent.created_at)
    .where(
        PaymentIntent.payer_phone == bindparam("payer_phone"),
        PaymentIntent.state.in_(("created", "submitted")),  # word for word the partial index of open ones: few rows
        PaymentIntent.created_at > bindparam("since"),
    )
    .order_by(PaymentIntent.created_at.desc())
    .offset(PROMPTS_PER_PHONE_MAX - 1)
    .limit(1)
)
_CUSTOMER_IS_FULL: Final = (
    select(PaymentIntent.created_at)
    .where(PaymentIntent.customer_id == bindparam("customer_id"), PaymentIntent.created_at > bindparam("since"))
    .order_by(PaymentIntent.id.desc())
    .offset(PAYMENTS_PER_CUSTOMER_MAX - 1)
    .limit(1)
)
_WRITE_INTENT: Final = insert(PaymentIntent).returning(PaymentIntent.id)


@dataclass(frozen=True, slots=True)
class Opened:
    """An intent. `again`: the same request had opened it before."""

    intent_id: int
    again: bool


def open_intent(
    tx: Transaction,
    *,
    request_key: str,
    customer: Account,
    payer_phone: str,
    amount: Money,
    purpose: str,
    purpose_body: Mapping[str, Any],
    platform: str,
    now: datetime,
    ids: Ids,
    rail: Rail | None = None,
) -> Opened:
    """Write the intent to collect by mobile money, and the request to be sent. Once per `request_key`.

    By MTN MoMo, from a phone of theirs; with a `rail`, by that one, on its platform, in its currency at today's rate.

    Raises:
        CustomerNotActive, NotMomoPhone, AmountOutOfRange: nothing was written.
        NoExchangeRate: the rail takes another currency, and what it costs today is not known.
        PaymentUnknown: nobody knows yet how an earlier payment for the same thing ended.
        PaymentWaiting: a prompt for the same thing is on the phone already, or may yet come to it.
        TooManyTries: that phone has its prompts already, or the customer began too many payments within the hour.
        KeyReused: the key asked for something else before.
    """
    if customer.status != "active":
        raise CustomerNotActive(number=customer.number)
    if rail is None and not can_pay_by_momo(payer_phone):
        raise NotMomoPhone(phone=payer_phone)
    if not MOMO_LEAST <= amount <= MOMO_MOST:
        raise AmountOutOfRange(least=MOMO_LEAST, most=MOMO_MOST)
    tx.execute(_WAIT_OUR_TURN, {"turn": f"intent:{customer.customer_id}"})
    known = tx.execute(_INTENT_OF_REQUEST, {"request_key": request_key}).first()
    if known is not None:
        same = (amount.minor, purpose, payer_phone, customer.customer_id, dict(purpose_body))
        if tuple(known)[1:] != same:
            raise KeyReused(key=request_key)
        return Opened(known.id, again=True)
    _refuse_second_payment(tx, customer.customer_id, purpose, purpose_body, amount, now)
    _refuse_too_many(tx, customer.customer_id, payer_phone, now)
    charged = None if rail is None else charged_in(tx.connection, amount, rail.currency, now)
    reference = ids.new_uuid()
    intent_id = tx.execute(
        _WRITE_INTENT,
        {
            "reference": reference,
            "request_key": request_key,
            "rail": "mtn-momo" if rail is None else rail.name,
            "platform": platform if rail is None else rail.platform,
            "charged_minor": charged and charged.minor,
            "charged_currency": charged and charged.currency,
            "customer_id": customer.customer_id,
            "payer_phone": payer_phone,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "purpose": purpose,
            "purpose_body": dict(purpose_body),
            "state": "created",
            "created_at": now,
            # Should the worker that sends the request die in the act, the ladder asks all the same.
            "ask_again_at": now + timedelta(seconds=30),
            "asks": 0,
        },
    ).scalar_one()
    outbox.put(tx, kind="momo.request", key=str(reference), body={"intent": intent_id}, now=now)
    return Opened(int(intent_id), again=False)


def _refuse_second_payment(
    tx: Transaction, customer_id: int, purpose: str, body: Mapping[str, Any], amount: Money, now: datetime
) -> None:
    found = tx.execute(
        _IN_THE_WAY,
        {
            "customer_id": customer_id,
            "purpose": purpose,
            "purpose_body": dict(body),
            "amount_minor": amount.minor,
        },
    ).first()
    if found is not None:
        overdue = found.state == "submitted" and found.created_at <= now - WAITS_FOR_APPROVAL
        refused = PaymentUnknown if overdue or found.state == "unknown" else PaymentWaiting
        raise refused(amount=Money(found.amount_minor, found.currency), since=found.created_at)


def _refuse_too_many(tx: Transaction, customer_id: int, payer_phone: str, now: datetime) -> None:
    """Whoever knows a number could else fill that phone with prompts, and the provider with requests."""
    _refuse_if_full(tx, _CUSTOMER_IS_FULL, PAYMENTS_COUNTED_OVER, now, customer_id=customer_id)
    tx.execute(_WAIT_OUR_TURN, {"turn": f"prompt:{payer_phone}"})
    _refuse_if_full(tx, _PHONE_IS_FULL, WAITS_FOR_APPROVAL, now, payer_phone=payer_phone)


def _refuse_if_full(tx: Transaction, full: Select[Any], window: timedelta, now: datetime, **whose: object) -> None:
    leaves = tx.execute(full, {"since": now - window, **whose}).scalar()
    if leaves is not None:
        raise TooManyTries(wait_s=max(1, math.ceil((leaves + window - now).total_seconds())))
