"""Keys as staff look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from core.network.models import RouterRow
from core.partners.models import ApiKey
from core.staff.models import StaffMember

SHOWN_MAX: Final = 200
_MAKER: Final = aliased(StaffMember)
_KEYS: Final = (
    select(
        ApiKey.name,
        ApiKey.prefix,
        ApiKey.scopes,
        RouterRow.name.label("router"),
        ApiKey.requests_a_minute,
        _MAKER.name.label("made_by"),
        ApiKey.made_at,
        ApiKey.last_used_at,
        ApiKey.withdrawn_at,
    )
    .outerjoin(RouterRow, RouterRow.id == ApiKey.router_id)
    .outerjoin(_MAKER, _MAKER.id == ApiKey.made_by)
    .order_by(ApiKey.withdrawn_at.is_not(None), ApiKey.id.desc())
    .limit(SHOWN_MAX)
)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it is listed. Without `made_by` it was made at the command line."""

    name: str
    prefix: str
    scopes: tuple[str, ...]
    router: str | None
    requests_a_minute: int
    made_by: str | None
    made_at: datetime
    last_used_at: datetime | None
    withdrawn_at: datetime | None


def keys(connection: Connection) -> list[KeyView]:
    """Every key, those in force first, the newest first, at most `SHOWN_MAX`."""
    rows = connection.execute(_KEYS)
    return [KeyView(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows]
