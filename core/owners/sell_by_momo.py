"""A token that the recipient or another pays by MTN MoMo: they are asked now, it is made once they have paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.customers.queries import Account, account
from core.customers.register import register
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import KeyReused, MomoNotConfirmed, NotMomoPhone
from core.ids import Ids
from core.owners.selling import Counter, Wanted, counter, offer_at, recipient_of
from core.payments.models import PaymentIntent
from core.payments.open_intent import Opened, open_intent
from core.payments.tell import ASKED_BY
from core.payouts.owner_terms import terms_on
from core.phones import can_pay_by_momo, parse_phone

PURPOSE = "owner_token"


def sell_by_momo(
    tx: Transaction, *, wanted: Wanted, payer_phone: str, seller: Account, platform: str, now: datetime, ids: Ids
) -> Opened:
    """Prompt the payer for the owner's price. Once per request; what is made of it stands in `core.owners.fulfil`.

    The payer is a customer from then on: money that came and could not be used is theirs, on their balance.

    Raises:
        MomoNotConfirmed: there is nowhere for the owner's share to go.
        NotMomoPhone: the payer has no MoMo.
        PaymentWaiting, PaymentUnknown, TooManyTries, AmountOutOfRange: as `core.payments.open_intent` says.
        Refusal: as of `core.owners.sell_for_cash`.
    """
    payer = parse_phone(payer_phone)
    at = counter(tx, seller=seller, hotspot_id=wanted.hotspot_id)
    known = _asked_before(tx, wanted, payer)
    if known is not None:
        return known
    at.open_router()
    phone = recipient_of(tx, wanted, seller)
    offer = offer_at(tx, at, wanted, now)
    if not can_pay_by_momo(payer):
        raise NotMomoPhone(phone=payer)
    _refuse_unless_confirmed(tx, at, now)
    language = "en" if seller.tongue == "en" else "ar"
    customer = register(tx, phone=payer, language=language, script=None, through="owner", now=now)
    return open_intent(
        tx,
        request_key=wanted.request_key,
        customer=account(tx.connection, customer.customer_id),
        payer_phone=payer,
        amount=offer.price,
        purpose=PURPOSE,
        purpose_body=_body(wanted, phone, seller.customer_id),
        platform=platform,
        now=now,
        ids=ids,
    )


def _body(wanted: Wanted, phone: str, seller_id: int) -> dict[str, Any]:
    return {
        "plan_version": wanted.version_id,
        "hotspot": wanted.hotspot_id,
        "recipient": phone,
        ASKED_BY: seller_id,
    }


def _asked_before(tx: Transaction, wanted: Wanted, payer: str) -> Opened | None:
    row = tx.execute(
        select(PaymentIntent.id, PaymentIntent.payer_phone, PaymentIntent.purpose_body).where(
            PaymentIntent.request_key == wanted.request_key
        )
    ).first()
    if row is None:
        return None
    body = row.purpose_body
    told = (row.payer_phone, *(body.get(name) for name in ("plan_version", "hotspot", "recipient")))
    if told != (payer, wanted.version_id, wanted.hotspot_id, parse_phone(wanted.recipient)):
        raise KeyReused(key=wanted.request_key)
    return Opened(int(row.id), again=True)


def _refuse_unless_confirmed(tx: Transaction, at: Counter, now: datetime) -> None:
    if at.owner["momo_confirmed_at"] is None or terms_on(tx.connection, at.owner_id, juba_day(now)) is None:
        raise MomoNotConfirmed
