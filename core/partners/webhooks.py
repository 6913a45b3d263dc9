"""Webhooks as staff look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

SHOWN_MAX: Final = 100
_WEBHOOKS: Final = text("""
    SELECT w.id, w.name, w.url, w.kinds, w.active, w.failures, w.failing_since, w.last_error, w.told_at,
           count(o.id) FILTER (WHERE o.state = 'waiting') AS waiting,
           count(o.id) FILTER (WHERE o.state = 'dead') AS dead
    FROM webhook w
    LEFT JOIN outbox o ON o.kind = 'webhook' AND o.state <> 'sent' AND CAST(o.body ->> 'webhook' AS bigint) = w.id
    GROUP BY w.id ORDER BY w.active DESC, w.name LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook and how it fares. `waiting` events are still to be sent; `dead` ones wait for a person."""

    webhook_id: int
    name: str
    url: str
    kinds: tuple[str, ...]
    active: bool
    failures: int
    failing_since: datetime | None
    last_error: str | None
    told_at: datetime | None
    waiting: int
    dead: int


def webhooks(connection: Connection) -> list[WebhookView]:
    """All of them, those switched off last, at most `SHOWN_MAX`."""
    rows = connection.execute(_WEBHOOKS, {"most": SHOWN_MAX})
    return [WebhookView(row[0], row[1], row[2], tuple(row[3]), *row[4:]) for row in rows]
