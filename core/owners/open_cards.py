"""Cards an owner or a helper sold for notes: from now on whoever types one is let in."""

from __future__ import annotations

from datetime import datetime

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import NoHotspot, NotAnOwner, NotFound
from core.owners.selling import counter
from core.tokens.batch_views import batch_view
from core.tokens.sell_cards import CardsSold, sell_cards


def open_cards(
    tx: Transaction, *, request_key: str, batch_id: int, first: int, last: int, seller: Account, now: datetime
) -> CardsSold:
    """Open the cards of a range, all of them or none, once per request. Our commission of their price accrues.

    Raises:
        NotFound: there is no such batch, or it is not for a network of theirs.
        OwnerSuspended, CustomerNotActive, NoHotspot: nothing may be sold there by them now.
        CardsNotThere: the range goes beyond the batch, or some of it was sold or voided before.
        KeyReused: the same request opened other cards before.
    """
    batch = batch_view(tx.connection, batch_id)
    try:
        at = counter(tx, seller=seller, hotspot_id=batch.hotspot_id)
    except (NotAnOwner, NoHotspot):
        raise NotFound(what="batch") from None  # whose it is instead is nobody's business
    at.open_router()
    return sell_cards(
        tx,
        request_key=request_key,
        batch_id=batch_id,
        first=first,
        last=last,
        seller_id=seller.customer_id,
        staff_id=None,
        for_nothing=False,
        now=now,
    )
