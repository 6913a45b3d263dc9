"""Who is online now at an owner's networks with a token. A named read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

ONLINE_SHOWN_MAX: Final = 200

# From the grants that run, which are few, to their sessions that are open. A session whose equipment fell silent is
# closed by the writer of usage.
_ONLINE: Final = text("""
    SELECT t.id AS token_id, g.username, t.recipient_phone, h.ssid, g.duration_s, g.data_bytes, g.used_bytes,
           g.ends_at, s.started_at AS since, s.mac, s.up_total + s.down_total AS session_bytes
    FROM access_grant g
    JOIN usage_session s ON s.grant_id = g.id AND s.stopped_at IS NULL
    JOIN token t ON t.grant_id = g.id JOIN hotspot h ON h.id = t.hotspot_id
    WHERE g.router_id IN (SELECT router_id FROM hotspot WHERE owner_id = :owner)
      AND g.status = 'running' AND g.ends_at > :now AND h.owner_id = :owner
    ORDER BY s.started_at DESC, s.id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class OnlineNow:
    """A device online with a token: which one, for whose phone (None: a card), at which network, since when.

    Bytes both ways: `used_bytes` by the token in all, `session_bytes` since this log-in.
    """

    token_id: int
    username: str
    recipient_phone: str | None
    ssid: str
    duration_s: int
    data_bytes: int | None
    used_bytes: int
    ends_at: datetime
    since: datetime
    mac: str
    session_bytes: int


def owner_online(connection: Connection, owner_id: int, now: datetime) -> list[OnlineNow]:
    """Who is online at the owner's networks, the last to come first, at most `ONLINE_SHOWN_MAX`. One statement."""
    rows = connection.execute(_ONLINE, {"owner": owner_id, "now": now, "most": ONLINE_SHOWN_MAX})
    return [OnlineNow(**row) for row in rows.mappings()]
