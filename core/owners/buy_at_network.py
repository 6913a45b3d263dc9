"""Buying at a network without its owner: by its code, at the owner's price, from the buyer's balance or by MoMo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from core.catalog.queries import Offer, on_sale
from core.customers.models import Customer
from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import KeyReused, NoHotspot, NotOnList, OwnerSuspended, PlanGone, PriceChanged, Refusal
from core.ids import Ids
from core.money import Money
from core.owners.models import WifiOwner
from core.owners.price_list import owners_prices
from core.payments.models import PaymentIntent
from core.payments.open_intent import Opened, open_intent
from core.payments.rails import Rail
from core.sealing import Sealer
from core.tokens.models import Hotspot, Token
from core.tokens.sell_token import Sold, sell_token

PURPOSE: Final = "token"  # what is made of the money that comes: `core.tokens.fulfil`

_NETWORK: Final = select(Hotspot.owner_id).where(
    Hotspot.id == bindparam("hotspot_id"), Hotspot.closed_at.is_(None), Hotspot.router_id.is_not(None)
)
# A share of the lock: buyers do not wait for each other, and a suspension comes before a sale or after it.
_OWNER: Final = (
    select(WifiOwner.state, Customer.status)
    .join(Customer, Customer.id == WifiOwner.customer_id)
    .where(WifiOwner.customer_id == bindparam("owner_id"))
    .with_for_update(of=WifiOwner, read=True)
)
_TOKEN_OF_REQUEST: Final = select(
    Token.id, Token.hotspot_id, Token.plan_version_id, Token.recipient_phone, Token.buyer_id
).where(Token.request_key == bindparam("request_key"))
_INTENT_OF_REQUEST: Final = select(
    PaymentIntent.id, PaymentIntent.payer_phone, PaymentIntent.purpose, PaymentIntent.purpose_body
).where(PaymentIntent.request_key == bindparam("request_key"))


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody buys where, for whose phone (E.164), at the price they saw."""

    request_key: str
    hotspot_id: int
    version_id: int
    recipient_phone: str
    shown: Money


def offer_at_network(tx: Transaction, purchase: Purchase, now: datetime) -> Offer:
    """What is bought, as it is sold at that network now: at its owner's price, or at ours where it is our own.

    Raises:
        NoHotspot: the network is closed, or nothing is known of its router.
        OwnerSuspended: its owner may sell nothing now.
        NotOnList, PriceChanged, PlanGone: it is not sold there, or not as it was shown.
    """
    network = tx.execute(_NETWORK, {"hotspot_id": purchase.hotspot_id}).first()
    if network is None:
        raise NoHotspot
    sale = on_sale(tx.connection, purchase.version_id, now)
    if sale.current is None:
        raise PlanGone(code=sale.shown.code)
    price: Money | None = sale.current.price
    if network.owner_id is not None:
        owner = tx.execute(_OWNER, {"owner_id": network.owner_id}).first()
        if owner is not None and (owner.state, owner.status) != ("active", "active"):
            raise OwnerSuspended
        own = owners_prices(tx.connection, now, network.owner_id).get(network.owner_id, {})
        price = own.get(sale.current.code, price)
    if price is None:
        raise NotOnList
    if price != purchase.shown:
        raise PriceChanged(shown=purchase.shown, now=price)
    if sale.current.version_id != purchase.version_id:
        raise PlanGone(code=sale.shown.code)
    return replace(sale.current, price=price)


def buy_at_network(
    tx: Transaction, *, purchase: Purchase, buyer: Account, now: datetime, ids: Ids, sealer: Sealer
) -> Sold:
    """Take the price from the buyer's balance and text the token; the owner's share accrues. Once per request.

    A request repeated is served as it was, whatever the price is by now.

    Raises:
        InsufficientBalance, CustomerNotActive: the buyer cannot pay.
        KeyReused: the request asked for something else before.
        Refusal: as of `offer_at_network`.
    """
    try:
        price = offer_at_network(tx, purchase, now).price
    except Refusal:
        known = _bought_before(tx, purchase, buyer)
        if known is None:
            raise
        return Sold(known, again=True)
    return sell_token(
        tx,
        request_key=purchase.request_key,
        buyer=buyer,
        recipient_phone=purchase.recipient_phone,
        hotspot_id=purchase.hotspot_id,
        plan_version_id=purchase.version_id,
        now=now,
        ids=ids,
        sealer=sealer,
        price=price,
    )


def prompt_at_network(
    tx: Transaction,
    *,
    purchase: Purchase,
    buyer: Account,
    payer_phone: str,
    platform: str,
    now: datetime,
    ids: Ids,
    rail: Rail | None = None,
) -> Opened:
    """Ask the payer by mobile money; the token is made once they have paid, also late. Once per request.

    Raises:
        PaymentWaiting, PaymentUnknown, TooManyTries, AmountOutOfRange, NotMomoPhone, CustomerNotActive, NoExchangeRate:
            as `core.payments.open_intent` says.
        Refusal: as of `buy_at_network`.
    """
    body = {
        "plan_version": purchase.version_id,
        "hotspot": purchase.hotspot_id,
        "recipient": purchase.recipient_phone,
    }
    try:
        price = offer_at_network(tx, purchase, now).price
    except Refusal:
        known = tx.execute(_INTENT_OF_REQUEST, {"request_key": purchase.request_key}).first()
        if known is None:
            raise
        if (known.payer_phone, known.purpose, known.purpose_body) != (payer_phone, PURPOSE, body):
            raise KeyReused(key=purchase.request_key) from None
        return Opened(int(known.id), again=True)
    return open_intent(
        tx,
        request_key=purchase.request_key,
        customer=buyer,
        payer_phone=payer_phone,
        amount=price,
        purpose=PURPOSE,
        purpose_body=body,
        platform=platform,
        now=now,
        ids=ids,
        rail=rail,
    )


def _bought_before(tx: Transaction, purchase: Purchase, buyer: Account) -> int | None:
    row = tx.execute(_TOKEN_OF_REQUEST, {"request_key": purchase.request_key}).first()
    if row is None:
        return None
    told = (row.hotspot_id, row.plan_version_id, row.recipient_phone, row.buyer_id)
    if told != (purchase.hotspot_id, purchase.version_id, purchase.recipient_phone, buyer.customer_id):
        raise KeyReused(key=purchase.request_key)
    return int(row.id)
