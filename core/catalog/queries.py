"""Named reads of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.catalog.models import Plan, PlanVersion
from core.money import Money

_COLUMNS: Final = select(
    PlanVersion.id,
    Plan.code,
    Plan.alias,
    PlanVersion.duration_s,
    PlanVersion.data_bytes,
    PlanVersion.down_kbps,
    PlanVersion.up_kbps,
    PlanVersion.devices_max,
    PlanVersion.price_minor,
    PlanVersion.currency,
    PlanVersion.counts_from,
    PlanVersion.pauses_max,
).join(Plan, Plan.id == PlanVersion.plan_id)
_OFFERS: Final = (
    _COLUMNS.where(
        PlanVersion.valid_from <= bindparam("at"),
        or_(Plan.withdrawn_at.is_(None), Plan.withdrawn_at > bindparam("at")),
    )
    .ext(distinct_on(Plan.alias))
    .order_by(Plan.alias, PlanVersion.valid_from.desc())
)
_VERSION: Final = _COLUMNS.where(PlanVersion.id == bindparam("version_id"))
_VERSIONS_OF_PLAN: Final = (
    _COLUMNS.add_columns(Plan.withdrawn_at, PlanVersion.valid_from)
    .where(
        PlanVersion.plan_id
        == select(PlanVersion.plan_id).where(PlanVersion.id == bindparam("version_id")).scalar_subquery(),
        or_(PlanVersion.id == bindparam("version_id"), PlanVersion.valid_from <= bindparam("at")),
    )
    .order_by(PlanVersion.valid_from.desc())
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as it is sold at some moment."""

    version_id: int
    code: str
    alias: int
    duration_s: int
    data_bytes: int | None
    down_kbps: int
    up_kbps: int
    devices_max: int
    price: Money
    counts_from: str = "first_use"
    pauses_max: int = 0


def offers(connection: Connection, at: datetime) -> list[Offer]:
    """What is on sale at a moment, in the order of aliases: of each plan the version last valid from before it."""
    return [_offer(row) for row in connection.execute(_OFFERS, {"at": at})]


def offer_of_version(connection: Connection, version_id: int) -> Offer:
    """The version that was shown, sold or quoted, whatever is on sale now."""
    return _offer(connection.execute(_VERSION, {"version_id": version_id}).one())


def _offer(row: Any) -> Offer:
    return Offer(
        row.id,
        row.code,
        row.alias,
        row.duration_s,
        row.data_bytes,
        row.down_kbps,
        row.up_kbps,
        row.devices_max,
        Money(row.price_minor, row.currency),
        row.counts_from,
        row.pauses_max,
    )


@dataclass(frozen=True, slots=True)
class OnSale:
    """A version that was shown, and what its plan is sold as at some moment: None once it is withdrawn."""

    shown: Offer
    current: Offer | None


def on_sale(connection: Connection, version_id: int, at: datetime) -> OnSale:
    """What became of a version between the screen and the payment, in one read."""
    rows = connection.execute(_VERSIONS_OF_PLAN, {"version_id": version_id, "at": at}).all()
    shown = next(row for row in rows if row.id == version_id)
    gone = shown.withdrawn_at is not None and shown.withdrawn_at <= at
    current = next((row for row in rows if row.valid_from <= at), None)
    return OnSale(_offer(shown), None if gone or current is None else _offer(current))
