"""Outages: named reads of what the watch wrote down."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from core.network.models import RouterOutage

_OPEN: Final = select(RouterOutage.router_id, RouterOutage.began_at).where(RouterOutage.ended_at.is_(None))


def open_outages(connection: Connection) -> dict[int, datetime]:
    """The routers that are down now, and since when."""
    return {row.router_id: row.began_at for row in connection.execute(_OPEN)}
