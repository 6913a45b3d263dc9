"""Outages: named reads of what the watch wrote down."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, or_, select

from core.network.models import RouterOutage, RouterRow
from core.network.outage_minutes import Outage, Span

LAST_MAX: Final = 10

_OPEN: Final = select(RouterOutage.router_id, RouterOutage.began_at).where(RouterOutage.ended_at.is_(None))
_OUTAGES: Final = (
    select(RouterRow.name, RouterOutage.area, RouterOutage.began_at, RouterOutage.ended_at)
    .join(RouterRow, RouterRow.id == RouterOutage.router_id)
    .order_by(RouterOutage.began_at.desc(), RouterOutage.id.desc())
)


def open_outages(connection: Connection) -> dict[int, datetime]:
    """The routers that are down now, and since when."""
    return {row.router_id: row.began_at for row in connection.execute(_OPEN)}


def outages_in(connection: Connection, span: Span) -> list[Outage]:
    """All that reach into a span, the last that began first."""
    ended = or_(RouterOutage.ended_at.is_(None), RouterOutage.ended_at > span.begins)
    rows = connection.execute(_OUTAGES.where(RouterOutage.began_at < span.ends, ended))
    return [Outage(row.name, row.area, row.began_at, row.ended_at) for row in rows]


def last_outages(connection: Connection, router_id: int) -> list[Outage]:
    """The last of one router, the newest first."""
    rows = connection.execute(_OUTAGES.where(RouterOutage.router_id == router_id).limit(LAST_MAX))
    return [Outage(row.name, row.area, row.began_at, row.ended_at) for row in rows]


def routers_by_area(connection: Connection) -> dict[str, int]:
    """How many routers are watched in each area now."""
    counted = select(RouterRow.area, func.count().label("routers")).where(RouterRow.watched).group_by(RouterRow.area)
    rows = connection.execute(counted)
    return {row.area: int(row.routers) for row in rows}
