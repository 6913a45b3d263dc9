"""Selling a token from a customer's wallet: money, credentials, router and text in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from core.catalog.queries import offer_of_version
from core.customers.queries import Account, tongue_for
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NoHotspot
from core.ids import Ids
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money
from core.payouts.owner_terms import terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.sealing import Sealer
from core.tokens.make_token import Whose, make_token
from core.tokens.models import Hotspot, Token

_OPEN_HOTSPOT: Final = select(Hotspot.id, Hotspot.ssid, Hotspot.router_id, Hotspot.owner_id).where(
    Hotspot.id == bindparam("hotspot_id"), Hotspot.closed_at.is_(None), Hotspot.router_id.is_not(None)
)
_TOKEN_OF_REQUEST: Final = select(Token.id).where(Token.request_key == bindparam("request_key"))


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
    price: Money | None = None,
) -> Sold:
    """Take the price from the buyer's wallet and text the recipient a token. Once per `request_key`.

    `price`: the one of who sells it there, where it is not ours; `core.owners.buy_at_network` finds it. Where
    the network's owner has terms with us on this day, the price is shared with them by these.

    Raises:
        InsufficientBalance: the wallet does not cover the price; nothing was done.
        CustomerNotActive: the buyer is suspended or closed.
        NoHotspot: the network is closed, or nothing is known of its router.
        KeyReused: the same key asked for something else before.
    """
    if buyer.status != "active":
        raise CustomerNotActive(number=buyer.number)
    hotspot = tx.execute(_OPEN_HOTSPOT, {"hotspot_id": hotspot_id}).first()
    if hotspot is None:
        raise NoHotspot
    offer = offer_of_version(tx.connection, plan_version_id)
    offer = offer if price is None else replace(offer, price=price)
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
    own = recipient_phone == buyer.main_phone
    tongue = buyer.tongue if own else tongue_for(tx.connection, recipient_phone, buyer.tongue)
    token_id = make_token(
        tx,
        request_key=request_key,
        whose=Whose(recipient_phone, tongue, hotspot.id, hotspot.ssid, hotspot.router_id),
        offer=offer,
        came_by={"origin": "sold", "buyer_id": buyer.customer_id, "entry_id": recorded.entry_id},
        now=now,
        ids=ids,
        sealer=sealer,
    )
    terms = terms_on(tx.connection, hotspot.owner_id, juba_day(now)) if hotspot.owner_id is not None else None
    if terms is not None:
        record_owner_sale(tx, key=f"token:{token_id}", terms=terms, price=offer.price, paid_by="company", now=now)
    return Sold(token_id, again=False)
