"""A token that somebody buys for themselves at a network: they pay by MTN MoMo, and it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select

from core.catalog.models import PlanVersion
from core.catalog.queries import Offer, on_sale
from core.customers.queries import account
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import NoHotspot, NotMomoPhone, NotOnList, PlanGone, PriceChanged
from core.ids import Ids
from core.languages import Language
from core.owners.locked import lock_owner
from core.owners.page_prompts import Asker, count_prompt
from core.owners.price_list import on_list
from core.owners.sell_by_momo import PURPOSE, asked_before
from core.owners.selling import Wanted
from core.payments.open_intent import Opened, open_intent
from core.phones import can_pay_by_momo, parse_phone
from core.tokens.models import Hotspot

_KNOWN: Final = select(exists().where(PlanVersion.id == bindparam("version_id")))
_NETWORK: Final = select(Hotspot.owner_id, Hotspot.router_id, Hotspot.closed_at).where(
    Hotspot.id == bindparam("hotspot_id")
)


def buy_by_momo(
    tx: Transaction, *, wanted: Wanted, asker: Asker, language: Language, platform: str, now: datetime, ids: Ids
) -> Opened:
    """Prompt the recipient for the price at this network. Once per request; `core.owners.fulfil` makes the token.

    They are a customer from then on: money that came and could not be used is theirs, on their balance. Where the
    network's owner has terms with us the price is shared with them, as every sale there is.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile, NotMomoPhone: that phone cannot pay so.
        NoHotspot, OwnerSuspended: nothing may be sold there now.
        PlanGone, PriceChanged: it is not sold, or not as it was shown.
        TooManyTries: too many were prompted from there, or that phone, or by all pages together.
        CustomerNotActive, PaymentWaiting, PaymentUnknown: as `core.payments.open_intent` says.
        KeyReused: the request asked for something else before.
    """
    payer = parse_phone(wanted.recipient)
    known = asked_before(tx, wanted, payer)
    if known is not None:
        return known
    offer = _offer_at(tx, wanted, now)
    if not can_pay_by_momo(payer):
        raise NotMomoPhone(phone=payer)
    count_prompt(tx, asker, now)
    customer = register(tx, phone=payer, language=language, script=None, through="hotspot", now=now)
    return open_intent(
        tx,
        request_key=wanted.request_key,
        customer=account(tx.connection, customer.customer_id),
        payer_phone=payer,
        amount=offer.price,
        purpose=PURPOSE,
        purpose_body={"plan_version": wanted.version_id, "hotspot": wanted.hotspot_id, "recipient": payer},
        platform=platform,
        now=now,
        ids=ids,
    )


def _offer_at(tx: Transaction, wanted: Wanted, now: datetime) -> Offer:
    if not tx.execute(_KNOWN, {"version_id": wanted.version_id}).scalar():  # a form of somebody's own making
        raise PlanGone(code="")
    network = tx.execute(_NETWORK, {"hotspot_id": wanted.hotspot_id}).first()
    if network is None:
        raise NoHotspot
    if network.owner_id is None:
        offer = _of_ours(tx, wanted, now)
    else:
        lock_owner(tx, network.owner_id)
        try:
            offer = on_list(
                tx.connection, owner_id=network.owner_id, version_id=wanted.version_id, shown=wanted.shown, at=now
            )
        except NotOnList:  # to who buys, it is gone
            raise PlanGone(code="") from None
    if network.closed_at is not None or network.router_id is None:
        raise NoHotspot
    return offer


def _of_ours(tx: Transaction, wanted: Wanted, now: datetime) -> Offer:
    sale = on_sale(tx.connection, wanted.version_id, now)
    if sale.current is None:
        raise PlanGone(code=sale.shown.code)
    if wanted.shown is not None and sale.current.price != wanted.shown:
        raise PriceChanged(shown=wanted.shown, now=sale.current.price)
    if sale.current.version_id != wanted.version_id:
        raise PlanGone(code=sale.shown.code)
    return sale.current
