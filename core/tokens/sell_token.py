"""Selling a token from a customer's wallet: money, credentials, router and text in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select

from core.access.grant import Granted, Limits, grant
from core.catalog.plan_words import plan_words
from core.catalog.queries import Offer, offer_of_version
from core.customers.queries import Account, tongue_for
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NoHotspot
from core.ids import Ids
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.messaging.queue_text import queue_text
from core.network.place import place
from core.payouts.owner_terms import terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.sealing import Sealer
from core.tokens.models import Hotspot, Token

_OPEN_HOTSPOT: Final = select(Hotspot.id, Hotspot.ssid, Hotspot.router_id, Hotspot.owner_id).where(
    Hotspot.id == bindparam("hotspot_id"), Hotspot.closed_at.is_(None)
)
_TOKEN_OF_REQUEST: Final = select(Token.id).where(Token.request_key == bindparam("request_key"))
_WRITE_TOKEN: Final = insert(Token).returning(Token.id)


@dataclass(frozen=True, slots=True)
class Sold:
    """A token sold. `again`: the same request had been served before, and nothing was done now."""

    token_id: int
    again: bool


def sell_token(
    tx: Transaction,
    *,
    request_key: str,
    buyer: Account,
    recipient_phone: str,
    hotspot_id: int,
    plan_version_id: int,
    now: datetime,
    ids: Ids,
    sealer: Sealer,
) -> Sold:
    """Take the price from the buyer's wallet and text the recipient a token. Once per `request_key`.

    Where the network's owner has terms with us on this day, the price is shared with them by these.

    Raises:
        InsufficientBalance: the wallet does not cover the price; nothing was done.
        CustomerNotActive: the buyer is suspended or closed.
        NoHotspot: the network is closed.
        KeyReused: the same key asked for something else before.
    """
    if buyer.status != "active":
        raise CustomerNotActive(number=buyer.number)
    hotspot = tx.execute(_OPEN_HOTSPOT, {"hotspot_id": hotspot_id}).first()
    if hotspot is None:
        raise NoHotspot
    offer = offer_of_version(tx.connection, plan_version_id)
    recorded = post(
        tx,
        key=f"token:{request_key}",
        kind="token_sale",
        occurred_at=now,
        now=now,
        postings=[Posting(buyer.wallet_id, open_account(tx, "sales:token", offer.price.currency), offer.price)],
        memo={"recipient": recipient_phone, "hotspot": hotspot_id, "plan_version": plan_version_id},
    )
    if recorded.again:
        return Sold(tx.execute(_TOKEN_OF_REQUEST, {"request_key": request_key}).scalar_one(), again=True)
    granted = grant(tx, router_id=hotspot.router_id, limits=_limits(offer), now=now, ids=ids, sealer=sealer)
    token_id = tx.execute(
        _WRITE_TOKEN,
        {
            "request_key": request_key,
            "origin": "sold",
            "buyer_id": buyer.customer_id,
            "recipient_phone": recipient_phone,
            "hotspot_id": hotspot_id,
            "plan_version_id": plan_version_id,
            "grant_id": granted.grant_id,
            "entry_id": recorded.entry_id,
            "price_minor": offer.price.minor,
            "currency": offer.price.currency,
            "sold_at": now,
        },
    ).scalar_one()
    terms = terms_on(tx.connection, hotspot.owner_id, juba_day(now)) if hotspot.owner_id is not None else None
    if terms is not None:
        record_owner_sale(tx, key=f"token:{token_id}", terms=terms, price=offer.price, paid_by="company", now=now)
    place(tx, grant_id=granted.grant_id, wanted="present", now=now, router_id=hotspot.router_id)
    _text_token(tx, token_id, buyer, recipient_phone, hotspot.ssid, offer, granted, now, sealer)
    return Sold(token_id, again=False)


def _text_token(
    tx: Transaction,
    token_id: int,
    buyer: Account,
    recipient_phone: str,
    ssid: str,
    offer: Offer,
    granted: Granted,
    now: datetime,
    sealer: Sealer,
) -> None:
    """Text the recipient how to log in, in their own tongue where they have one."""
    own = recipient_phone == buyer.main_phone
    tongue = buyer.tongue if own else tongue_for(tx.connection, recipient_phone, buyer.tongue)
    queue_text(
        tx,
        phone=recipient_phone,
        tongue=tongue,
        template="token",
        key=f"token:{token_id}",
        now=now,
        facts={"ssid": ssid, "plan": plan_words(tongue, offer.duration_s, offer.data_bytes)},
        secrets={"username": granted.username, "password": granted.password},
        sealer=sealer,
    )


def _limits(offer: Offer) -> Limits:
    return Limits(offer.duration_s, offer.data_bytes, offer.down_kbps, offer.up_kbps, offer.devices_max)
