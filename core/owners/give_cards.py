"""Cards of an owner given away: each is one of the day's free tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from core.db.engine import Transaction
from core.errors import GiftsUsedUp
from core.owners.gifts_today import gifts_today
from core.owners.locked import find_owner, refuse_unless_active
from core.tokens.batch_views import batch_view
from core.tokens.card_models import TokenCardSale
from core.tokens.sell_cards import CardsSold, sell_cards


def give_cards(
    tx: Transaction, *, request_key: str, batch_id: int, first: int, last: int, staff_id: int | None, now: datetime
) -> CardsSold:
    """Activate the cards of a range for nothing, all of them or none, once per request.

    Of our own networks we give as we please. A card has no phone before it is typed: that an owner wants one gift a
    phone and day holds for tokens that are sent.

    Raises:
        GiftsUsedUp: so many more than were agreed on with the owner for a day.
        NotAnOwner, OwnerSuspended, CustomerNotActive: nothing may be given in the owner's name now.
        NotFound, CardsNotThere, KeyReused: as of `sell_cards`.
    """
    batch = batch_view(tx.connection, batch_id)
    if batch.owner_id is not None:
        owner = find_owner(tx, batch.owner_id)
        before = select(exists().where(TokenCardSale.request_key == request_key))
        if not tx.execute(before).scalar():
            refuse_unless_active(owner)
            if gifts_today(tx.connection, batch.owner_id, now) + last - first + 1 > owner["giveaway_day_max"]:
                raise GiftsUsedUp(most=owner["giveaway_day_max"])
    return sell_cards(
        tx,
        request_key=request_key,
        batch_id=batch_id,
        first=first,
        last=last,
        seller_id=batch.owner_id,
        staff_id=staff_id,
        for_nothing=True,
        now=now,
    )
