"""Selling cards of our own networks: to a customer, who pays from the balance and sells them on."""

from __future__ import annotations

from datetime import datetime

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import CustomerNotActive
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money
from core.tokens.batch_views import batch_view
from core.tokens.sell_cards import CardsSold, sell_cards


def sell_house_cards(
    tx: Transaction,
    *,
    request_key: str,
    batch_id: int,
    first: int,
    last: int,
    buyer: Account,
    staff_id: int,
    now: datetime,
) -> CardsSold:
    """Activate the cards of a range against a customer's balance, once per request. Notes go onto it at the counter.

    Raises:
        InsufficientBalance: it does not cover them all; nothing was done.
        CustomerNotActive: the customer is suspended or closed.
        NotFound, CardsNotThere, KeyReused: as of `sell_cards`.
    """
    if buyer.status != "active":
        raise CustomerNotActive(number=buyer.number)
    batch = batch_view(tx.connection, batch_id)
    if batch.owner_id is not None:
        raise AssertionError("an owner's cards are paid in notes, to the owner")
    sold = sell_cards(
        tx,
        request_key=request_key,
        batch_id=batch_id,
        first=first,
        last=last,
        seller_id=None,
        staff_id=staff_id,
        for_nothing=False,
        now=now,
    )
    price = Money(batch.price.minor * sold.cards, batch.price.currency)
    if price:
        post(  # again, it is the same entry; for another buyer it is refused
            tx,
            key=f"cards:{sold.sale_id}",
            kind="card_sale",
            occurred_at=now,
            now=now,
            postings=[Posting(buyer.wallet_id, open_account(tx, "sales:token", price.currency), price)],
            memo={"sale": sold.sale_id, "batch": batch_id, "first": first, "last": last},
        )
    return sold
