"""Routers by name, for those who choose one."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.network.models import RouterRow


def router_names(connection: Connection) -> dict[int, str]:
    """Every router: its id and name, in the order of names."""
    rows = connection.execute(select(RouterRow.id, RouterRow.name).order_by(RouterRow.name))
    return {row.id: row.name for row in rows}
