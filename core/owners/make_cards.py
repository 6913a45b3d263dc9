"""An owner's cards for one of their networks, at their own price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import CardsOutOfRange, NotAnOwner, TooManyUnsold
from core.ids import Ids
from core.money import Money
from core.owners.limits import CAMPAIGN_CHARS_MAX, CARDS_UNSOLD_MAX
from core.owners.price_list import on_list
from core.owners.selling import counter
from core.sealing import Sealer
from core.tokens.card_models import TokenBatch, TokenCard, TokenCardSale
from core.tokens.make_batch import CARDS_MAX, MadeBatch, Maker, make_batch
from core.tokens.models import Hotspot


@dataclass(frozen=True, slots=True)
class CardsWanted:
    """What an owner asks for. `shown` is the price of each that stood on their screen."""

    request_key: str
    hotspot_id: int
    version_id: int
    shown: Money
    cards: int
    campaign: str | None


def make_cards(
    tx: Transaction, *, wanted: CardsWanted, owner: Account, now: datetime, ids: Ids, sealer: Sealer
) -> MadeBatch:
    """Make cards, once per request. They are good for nothing until they are sold. Helpers make none.

    Raises:
        NotAnOwner, OwnerSuspended, CustomerNotActive, NoHotspot: nothing may be sold there by them now.
        NotOnList, PriceChanged, PlanGone: it is not sold, or not as it was shown.
        CardsOutOfRange: none, or too many for one batch.
        TooManyUnsold: with these they would have more cards that are not sold than anybody prints.
        KeyReused: the request asked for something else before.
    """
    at = counter(tx, seller=owner, hotspot_id=wanted.hotspot_id)
    if at.helps:
        raise NotAnOwner
    known = _made_before(tx, wanted.request_key)
    if known is None:
        at.open_router()
        on_list(tx.connection, owner_id=at.owner_id, version_id=wanted.version_id, shown=wanted.shown, at=now)
        if not 1 <= wanted.cards <= CARDS_MAX:
            raise CardsOutOfRange(cards=CARDS_MAX)
        unsold = _unsold(tx, at.owner_id)
        if unsold + wanted.cards > CARDS_UNSOLD_MAX:
            raise TooManyUnsold(cards=unsold, most=CARDS_UNSOLD_MAX)
    return make_batch(
        tx,
        request_key=wanted.request_key,
        hotspot_id=at.hotspot_id,
        plan_version_id=wanted.version_id,
        price=wanted.shown,
        cards=wanted.cards,
        campaign=" ".join((wanted.campaign or "").split())[:CAMPAIGN_CHARS_MAX] or None,
        maker=Maker(customer_id=owner.customer_id),
        now=now,
        ids=ids,
        sealer=sealer,
    )


def _made_before(tx: Transaction, request_key: str) -> int | None:
    """The batch of this request: what it asked for then is compared by `make_batch`, whatever holds by now."""
    found: int | None = tx.execute(select(TokenBatch.id).where(TokenBatch.request_key == request_key)).scalar()
    return found


def _unsold(tx: Transaction, owner_id: int) -> int:
    """Cards for an owner's networks that could still be sold; the owner's row is locked."""
    theirs = (
        select(TokenBatch.id).join(Hotspot, Hotspot.id == TokenBatch.hotspot_id).where(Hotspot.owner_id == owner_id)
    )
    made = tx.execute(
        select(func.coalesce(func.sum(TokenBatch.cards), 0)).where(TokenBatch.id.in_(theirs))
    ).scalar_one()
    sold = tx.execute(
        select(func.coalesce(func.sum(TokenCardSale.last_serial - TokenCardSale.first_serial + 1), 0)).where(
            TokenCardSale.batch_id.in_(theirs)
        )
    ).scalar_one()
    voided = tx.execute(
        select(func.count()).where(
            TokenCard.batch_id.in_(theirs), TokenCard.voided_at.is_not(None), TokenCard.sale_id.is_(None)
        )
    ).scalar_one()
    return int(made) - int(sold) - int(voided)
