"""What pages show of routers. Nothing sealed is read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from core.errors import NotFound
from core.network.models import RouterOutage, RouterRow


@dataclass(frozen=True, slots=True)
class RouterFacts:
    """A router as we know it and as it last was. `down_since`: the beginning of the outage that goes on."""

    id: int
    name: str
    host: str
    port: int
    username: str
    area: str
    access_by: str
    nas_address: str | None
    coa_port: int
    last_seen_at: datetime | None
    failures: int
    last_error: str | None
    drift: dict[str, Any] | None
    drift_at: datetime | None
    checks: list[dict[str, Any]] | None
    checks_at: datetime | None
    checks_wanted_at: datetime | None
    watched: bool
    down_since: datetime | None

    @property
    def faults(self) -> int:
        """How many of its checks found something wrong."""
        return sum(check["state"] == "wrong" for check in self.checks or ())


_OPEN = (
    select(RouterOutage.began_at)
    .where(RouterOutage.router_id == RouterRow.id, RouterOutage.ended_at.is_(None))
    .scalar_subquery()
)
_COLUMNS: Final[list[Any]] = [*(getattr(RouterRow, field.name) for field in fields(RouterFacts)[:-1]), _OPEN]
_FACTS: Final = select(*_COLUMNS)


def router_list(connection: Connection) -> list[RouterFacts]:
    """Every router in the order of names."""
    return [RouterFacts(*row) for row in connection.execute(_FACTS.order_by(RouterRow.name))]


def router_facts(connection: Connection, router_id: int) -> RouterFacts:
    """One router.

    Raises:
        NotFound: there is no such router.
    """
    row = connection.execute(_FACTS.where(RouterRow.id == router_id)).first()
    if row is None:
        raise NotFound(what="router")
    return RouterFacts(*row)
