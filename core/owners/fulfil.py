"""A token that an owner sold by MoMo, made with the money just credited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from core.catalog.plan_words import plan_words
from core.catalog.queries import Offer, offer_of_version
from core.customers.queries import Account, account, tongue_for
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NoHotspot, Refusal
from core.ids import Ids
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.messaging.queue_text import queue_text
from core.owners.sell_by_momo import PURPOSE
from core.payments.settle import Fulfil, Paid
from core.payments.tell import ASKED_BY
from core.payouts.owner_terms import terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.phones import national
from core.sealing import Sealer
from core.tokens.fulfil import Stays
from core.tokens.make_token import Whose, make_token
from core.tokens.models import Hotspot

_OPEN: Final = select(Hotspot.ssid, Hotspot.router_id, Hotspot.owner_id).where(
    Hotspot.id == bindparam("hotspot_id"), Hotspot.closed_at.is_(None), Hotspot.router_id.is_not(None)
)


def owner_fulfilments(*, ids: Ids, sealer: Sealer, stays: Stays) -> Mapping[str, Fulfil]:
    """By purpose: what to do once the money is in the payer's wallet. What no token came of `stays` there."""

    def token(tx: Transaction, paid: Paid, now: datetime) -> None:
        """Late or not, and whatever became of the seller meanwhile: it is paid for, so it is made."""
        offer = replace(offer_of_version(tx.connection, paid.purpose_body["plan_version"]), price=paid.amount)
        try:
            with tx.connection.begin_nested():
                _make(tx, paid, offer, now, ids, sealer)
        except Refusal:
            stays(tx, paid.customer_id, paid.receipt_number, now)
            _tell_payer(tx, paid, offer, "token_not_made", now)
            _tell_seller(tx, paid, offer, "sale_not_made", now)
            return
        _tell_payer(tx, paid, offer, "token_paid", now)
        _tell_seller(tx, paid, offer, "sale_paid", now)

    return {PURPOSE: token}


def _make(tx: Transaction, paid: Paid, offer: Offer, now: datetime, ids: Ids, sealer: Sealer) -> None:
    """Raises: NoHotspot: the network is gone."""
    body, request_key = paid.purpose_body, f"intent:{paid.intent_id}"
    hotspot = tx.execute(_OPEN, {"hotspot_id": body["hotspot"]}).first()
    if hotspot is None:
        raise NoHotspot
    sales = open_account(tx, "sales:token", paid.amount.currency)
    recorded = post(
        tx,
        key=f"token:{request_key}",
        kind="token_sale",
        occurred_at=now,
        now=now,
        postings=[Posting(paid.customer.wallet_id, sales, paid.amount)],
        memo={"recipient": body["recipient"], "hotspot": body["hotspot"], "plan_version": body["plan_version"]},
    )
    tongue = tongue_for(tx.connection, body["recipient"], paid.customer.tongue)
    token_id = make_token(
        tx,
        request_key=request_key,
        whose=Whose(body["recipient"], tongue, body["hotspot"], hotspot.ssid, hotspot.router_id),
        offer=offer,
        came_by={
            "origin": "momo",
            "buyer_id": paid.customer_id,
            "seller_id": body[ASKED_BY],
            "entry_id": recorded.entry_id,
        },
        now=now,
        ids=ids,
        sealer=sealer,
    )
    terms = terms_on(tx.connection, hotspot.owner_id, juba_day(now))
    if terms is not None:
        record_owner_sale(tx, key=f"token:{token_id}", terms=terms, price=paid.amount, paid_by="company", now=now)


def _tell_payer(tx: Transaction, paid: Paid, offer: Offer, template: str, now: datetime) -> None:
    payer = account(tx.connection, paid.customer_id)
    facts: dict[str, object] = {"amount": paid.amount, "receipt": paid.receipt_number, "balance": payer.balance}
    facts["plan"] = plan_words(payer.tongue, offer.duration_s, offer.data_bytes)
    key = f"receipt:{paid.receipt_number}"
    queue_text(tx, phone=payer.main_phone, tongue=payer.tongue, template=template, key=key, now=now, facts=facts)


def _tell_seller(tx: Transaction, paid: Paid, offer: Offer, template: str, now: datetime) -> None:
    seller: Account = account(tx.connection, paid.purpose_body[ASKED_BY])
    spaced = seller.tongue != "ar"
    facts: dict[str, object] = {
        "phone": national(paid.customer.main_phone, spaced=spaced),
        "amount": paid.amount,
        "recipient": national(paid.purpose_body["recipient"], spaced=spaced),
        "plan": plan_words(seller.tongue, offer.duration_s, offer.data_bytes),
    }
    key = f"sale:{paid.intent_id}"
    queue_text(tx, phone=seller.main_phone, tongue=seller.tongue, template=template, key=key, now=now, facts=facts)
