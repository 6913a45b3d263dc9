"""Batches of cards as screens show them: what was made, and what became of the cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from core.catalog.models import PlanVersion
from core.errors import NotFound
from core.money import Money
from core.tokens.card_models import TokenBatch, TokenCard, TokenCardSale
from core.tokens.models import Hotspot, Token

BATCHES_A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch: where its cards are good, for what, at which price each, and how many were sold, used and voided."""

    batch_id: int
    hotspot_id: int
    hotspot_code: int
    ssid: str
    owner_id: int | None
    duration_s: int
    data_bytes: int | None
    price: Money
    cards: int
    campaign: str | None
    made_at: datetime
    sold: int
    used: int
    voided: int


def batches(connection: Connection, *, owner_id: int | None = None, before: int | None = None) -> list[BatchView]:
    """The newest batches, of everybody or for the networks of one owner; `before` a batch: the next older ones."""
    of_owner = true() if owner_id is None else Hotspot.owner_id == owner_id
    older = true() if before is None else TokenBatch.id < before
    query = _batches(of_owner, older).order_by(TokenBatch.id.desc()).limit(BATCHES_A_PAGE)
    return [_view(row) for row in connection.execute(query)]


def batch_view(connection: Connection, batch_id: int, *, owner_id: int | None = None) -> BatchView:
    """One batch.

    Raises:
        NotFound: there is none, or it is not for a network of this owner.
    """
    of_owner = true() if owner_id is None else Hotspot.owner_id == owner_id
    row = connection.execute(_batches(TokenBatch.id == batch_id, of_owner)).first()
    if row is None:
        raise NotFound(what="batch")
    return _view(row)


def _batches(*which: ColumnElement[bool]) -> Select[Any]:
    sold = (
        select(func.coalesce(func.sum(TokenCardSale.last_serial - TokenCardSale.first_serial + 1), 0))
        .where(TokenCardSale.batch_id == TokenBatch.id)
        .scalar_subquery()
    )
    used = select(func.count()).where(Token.batch_id == TokenBatch.id, Token.moved_from_id.is_(None)).scalar_subquery()
    voided = (
        select(func.count())
        .where(TokenCard.batch_id == TokenBatch.id, TokenCard.voided_at.is_not(None))
        .scalar_subquery()
    )
    return (
        select(
            TokenBatch.__table__,
            Hotspot.code,
            Hotspot.ssid,
            Hotspot.owner_id,
            PlanVersion.duration_s,
            PlanVersion.data_bytes,
            sold.label("sold"),
            used.label("used"),
            voided.label("voided"),
        )
        .join(Hotspot, Hotspot.id == TokenBatch.hotspot_id)
        .join(PlanVersion, PlanVersion.id == TokenBatch.plan_version_id)
        .where(*which)
    )


def _view(row: Any) -> BatchView:
    return BatchView(
        batch_id=row.id,
        hotspot_id=row.hotspot_id,
        hotspot_code=row.code,
        ssid=row.ssid,
        owner_id=row.owner_id,
        duration_s=row.duration_s,
        data_bytes=row.data_bytes,
        price=Money(row.price_minor, row.currency),
        cards=row.cards,
        campaign=row.campaign,
        made_at=row.made_at,
        sold=int(row.sold),
        used=row.used,
        voided=row.voided,
    )
