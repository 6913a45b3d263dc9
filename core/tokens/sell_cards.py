"""Selling cards: from now on whoever types one is let in. A range of a batch, or the one that was scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CardsNotThere, KeyReused, NotFound
from core.money import Money
from core.payouts.owner_terms import terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.sealing import Sealer
from core.tokens.card_models import TokenBatch, TokenCard, TokenCardSale
from core.tokens.models import Hotspot


@dataclass(frozen=True, slots=True)
class CardsSold:
    """Cards activated. `again`: the same request had been served before."""

    sale_id: int
    cards: int
    again: bool


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a card stands."""

    batch_id: int
    serial: int


def sell_cards(
    tx: Transaction,
    *,
    request_key: str,
    batch_id: int,
    first: int,
    last: int,
    seller_id: int | None,
    staff_id: int | None,
    for_nothing: bool,
    now: datetime,
) -> CardsSold:
    """Activate the cards of a range, all of them or none, once per request.

    `seller_id`: the Wi-Fi owner or helper who took the price of each in notes, of which our commission accrues by the
    owner's terms of this day; `for_nothing`: they were given away.

    Raises:
        NotFound: no such batch.
        CardsNotThere: the range goes beyond the batch, or some of it was sold or voided before.
        KeyReused: the same key sold other cards before.
    """
    batch = tx.execute(
        select(TokenBatch.price_minor, TokenBatch.currency, TokenBatch.cards, Hotspot.owner_id)
        .join(Hotspot, Hotspot.id == TokenBatch.hotspot_id)
        .where(TokenBatch.id == batch_id)
        .with_for_update(of=TokenBatch)  # two who sell of one batch: one after the other
    ).first()
    if batch is None:
        raise NotFound(what="batch")
    terms = {
        "batch_id": batch_id, "first_serial": first, "last_serial": last, "seller_id": seller_id,
        "staff_id": staff_id, "means": "given" if for_nothing else "cash",
    }  # fmt: skip
    of_request = select(TokenCardSale.__table__).where(TokenCardSale.request_key == request_key)
    before = tx.execute(of_request).mappings().first()
    if before is not None:
        if {name: before[name] for name in terms} != terms:
            raise KeyReused(key=request_key)
        return CardsSold(before["id"], last - first + 1, again=True)
    if not 1 <= first <= last <= batch.cards:
        raise CardsNotThere(first_card=first, last_card=last)
    price = Money(0 if for_nothing else batch.price_minor, batch.currency)
    row = insert(TokenCardSale).values(
        request_key=request_key, price_minor=price.minor, currency=price.currency, sold_at=now, **terms
    )
    sale_id = int(tx.execute(row.returning(TokenCardSale.id)).scalar_one())
    activated = tx.execute(
        update(TokenCard)
        .where(
            TokenCard.batch_id == batch_id,
            TokenCard.serial.between(first, last),
            TokenCard.sale_id.is_(None),
            TokenCard.voided_at.is_(None),
        )
        .values(sale_id=sale_id)
    ).rowcount
    if activated != last - first + 1:
        raise CardsNotThere(first_card=first, last_card=last)
    if price.minor and batch.owner_id is not None:
        owner_terms = terms_on(tx.connection, batch.owner_id, juba_day(now))
        if owner_terms is not None:
            whole = Money(price.minor * activated, price.currency)
            record_owner_sale(tx, key=f"cards:{sale_id}", terms=owner_terms, price=whole, paid_by="owner_cash", now=now)
    return CardsSold(sale_id, activated, again=False)


def card_of_code(connection: Connection, code: str, sealer: Sealer) -> CardPlace:
    """Where the card with this code stands: it was scanned to be sold.

    Raises:
        NotFound: it is none of ours.
    """
    query = select(TokenCard.batch_id, TokenCard.serial).where(TokenCard.lookup.in_(sealer.codes.lookups(code)))
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(what="card")
    return CardPlace(row.batch_id, row.serial)
