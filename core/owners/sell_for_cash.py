"""A token for notes in the seller's hand: now, with the sale in the books and our commission owed."""

from __future__ import annotations

from datetime import datetime

from core.customers.queries import Account, tongue_for
from core.days import juba_day
from core.db.engine import Transaction
from core.ids import Ids
from core.owners.selling import Wanted, counter, offer_at, recipient_of, token_made_before
from core.payouts.owner_terms import terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.sealing import Sealer
from core.tokens.make_token import Whose, make_token
from core.tokens.sell_token import Sold


def sell_for_cash(tx: Transaction, *, wanted: Wanted, seller: Account, now: datetime, ids: Ids, sealer: Sealer) -> Sold:
    """Sell a token at the owner's price and text it to the recipient. Once per request.

    Where the owner has terms with us on this day, they owe us our commission of it.

    Raises:
        NotAnOwner, OwnerSuspended, CustomerNotActive, NoHotspot: nothing may be sold there by them now.
        InvalidPhone, ForeignPhone, NotMobile, OwnNumber: it cannot go to that phone.
        NotOnList, PriceChanged, PlanGone: it is not sold, or not as it was shown.
        KeyReused: the request asked for something else before.
    """
    at = counter(tx, seller=seller, hotspot_id=wanted.hotspot_id)
    known = token_made_before(tx, wanted, "cash")
    if known is not None:
        return Sold(known, again=True)
    router_id = at.open_router()
    phone = recipient_of(tx, wanted, seller)
    offer = offer_at(tx, at, wanted, now)
    token_id = make_token(
        tx,
        request_key=wanted.request_key,
        whose=Whose(phone, tongue_for(tx.connection, phone, seller.tongue), at.hotspot_id, at.ssid, router_id),
        offer=offer,
        came_by={"origin": "cash", "seller_id": seller.customer_id},
        now=now,
        ids=ids,
        sealer=sealer,
    )
    terms = terms_on(tx.connection, at.owner_id, juba_day(now))
    if terms is not None:
        record_owner_sale(tx, key=f"token:{token_id}", terms=terms, price=offer.price, paid_by="owner_cash", now=now)
    return Sold(token_id, again=False)
