"""Forgetting what partners were told: events, and the rows that carried them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from core.db.engine import Database

KEPT: Final = timedelta(days=30)  # a partner that was away for a month asks for a list of customers, not for events
BATCH_MAX: Final = 5000
_ROWS: Final = text("""
    DELETE FROM outbox WHERE id IN (
      SELECT o.id FROM outbox o JOIN partner_event e ON e.id = CAST(o.body ->> 'event' AS bigint)
      WHERE o.kind = 'webhook' AND o.state <> 'waiting' AND e.at <= :before ORDER BY o.id LIMIT :most)
""")
_EVENTS: Final = text("""
    DELETE FROM partner_event WHERE id IN (
      SELECT e.id FROM partner_event e
      WHERE e.at <= :before AND NOT EXISTS (
        SELECT 1 FROM outbox o JOIN webhook w ON o.kind = 'webhook' AND o.key = e.id || ':' || w.id)
      ORDER BY e.id LIMIT :most)
""")


def forget_events(db: Database, now: datetime) -> int:
    """Forget events that are old and not on their way any more. Returns how many."""
    forgotten = 0
    values = {"before": now - KEPT, "most": BATCH_MAX}
    for statement in (_ROWS, _EVENTS):
        while True:
            with db.transaction() as tx:
                gone = int(tx.execute(statement, values).rowcount)
            forgotten += gone if statement is _EVENTS else 0
            if gone < BATCH_MAX:
                break
    return forgotten
