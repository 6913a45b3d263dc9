"""Bytes that belong to nobody known: kept as all others are, and listed for a person to find whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

SHOWN_MAX: Final = 200
# Of who lets people in itself the looks count, and what it tells by RADIUS of the same people is no usage more.
_UNATTRIBUTED: Final = text("""
    SELECT coalesce(r.name, s.nas) AS equipment, s.username, count(*) AS sessions, sum(s.up_total) AS up,
           sum(s.down_total) AS down, max(s.heard_at) AS heard_at
    FROM usage_session s LEFT JOIN router r ON r.id = s.router_id
    WHERE s.grant_id IS NULL AND s.heard_at >= :since AND s.up_total + s.down_total > 0
      AND NOT (s.source <> 'api' AND r.access_by IS NOT DISTINCT FROM 'api' AND EXISTS (
        SELECT 1 FROM access_grant g WHERE g.router_id = s.router_id AND g.username = s.username))
    GROUP BY 1, 2 ORDER BY sum(s.up_total + s.down_total) DESC, 1, 2 LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Unattributed:
    """What equipment told of a user name that nobody has there, in bytes; `equipment` is a router or an address."""

    equipment: str
    username: str
    sessions: int
    up_bytes: int
    down_bytes: int
    heard_at: datetime


def unattributed(connection: Connection, since: datetime) -> list[Unattributed]:
    """All that was heard of since an instant, the most bytes first, at most `SHOWN_MAX`."""
    rows = connection.execute(_UNATTRIBUTED, {"since": since, "most": SHOWN_MAX})
    return [Unattributed(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5]) for row in rows]
