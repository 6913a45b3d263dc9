"""A token for nothing: as many a day as was agreed with the owner, each with what it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, insert, select

from core.customers.queries import Account, tongue_for
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import GiftsUsedUp, HadGift, NotAnOwner
from core.ids import Ids
from core.money import Money
from core.owners.gifts_today import gifts_today
from core.owners.limits import CAMPAIGN_CHARS_MAX
from core.owners.models import OwnerGift
from core.owners.selling import Counter, Wanted, counter, offer_at, recipient_of, token_made_before
from core.sealing import Sealer
from core.tokens.make_token import Whose, make_token
from core.tokens.sell_token import Sold


def give_token(tx: Transaction, *, wanted: Wanted, giver: Account, now: datetime, ids: Ids, sealer: Sealer) -> Sold:
    """Give a token away and text it to the recipient. Once per request. Only an owner gives: helpers sell.

    Raises:
        GiftsUsedUp: the day's are given away.
        HadGift: this phone had one today, and the owner wants it to have one only.
        Refusal: as of `sell_for_cash`; a price plays no part.
    """
    at = counter(tx, seller=giver, hotspot_id=wanted.hotspot_id)
    known = token_made_before(tx, wanted, "given")
    if known is not None:
        return Sold(known, again=True)
    if at.helps:
        raise NotAnOwner
    router_id = at.open_router()
    phone = recipient_of(tx, wanted, giver)
    offer = offer_at(tx, at, replace(wanted, shown=None), now)
    number = _number_of_today(tx, at, phone, now)
    token_id = make_token(
        tx,
        request_key=wanted.request_key,
        whose=Whose(phone, tongue_for(tx.connection, phone, giver.tongue), at.hotspot_id, at.ssid, router_id),
        offer=replace(offer, price=Money(0, offer.price.currency)),
        came_by={"origin": "given", "seller_id": giver.customer_id, "campaign": _campaign(wanted)},
        now=now,
        ids=ids,
        sealer=sealer,
    )
    gift = {
        "token_id": token_id,
        "owner_id": at.owner_id,
        "day": juba_day(now),
        "number": number,
        "day_max": at.owner["giveaway_day_max"],
        "phone": phone,
        "once": at.owner["giveaway_once_per_phone_day"],
    }
    tx.execute(insert(OwnerGift).values(gift))
    return Sold(token_id, again=False)


def _number_of_today(tx: Transaction, at: Counter, phone: str, now: datetime) -> int:
    """The how manieth of the day this one is; the owner's row is locked, so nobody counts beside us."""
    todays = (OwnerGift.owner_id == at.owner_id, OwnerGift.day == juba_day(now))
    if at.owner["giveaway_once_per_phone_day"]:
        had = select(exists().where(*todays, OwnerGift.phone == phone))
        if tx.execute(had).scalar():
            raise HadGift(phone=phone)
    given = gifts_today(tx.connection, at.owner_id, now)
    if given >= at.owner["giveaway_day_max"]:
        raise GiftsUsedUp(most=at.owner["giveaway_day_max"])
    return given + 1


def _campaign(wanted: Wanted) -> str | None:
    return " ".join((wanted.campaign or "").split())[:CAMPAIGN_CHARS_MAX] or None
