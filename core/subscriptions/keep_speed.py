"""Speeds as the tariffs of today say: what a change agreed on for today, or a new version, makes another."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import bindparam, text

from core.access.speed import Speed
from core.catalog.tariffs import tariff_book
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.subscriptions import access
from core.subscriptions.queries import locked
from core.subscriptions.stop import tariff_of

BATCH_MAX: Final = 500
_ON: Final = text(
    """
    SELECT s.id, s.slowed, s.held_down_kbps, s.held_up_kbps, t.tariff_id,
           g.down_kbps, g.up_kbps, g.burst_down_kbps, g.burst_up_kbps
    FROM subscription s
    JOIN access_grant g ON g.id = s.grant_id
    JOIN subscription_term t ON t.subscription_id = s.id AND t.from_day <= :today
      AND (t.until_day IS NULL OR t.until_day > :today)
    WHERE s.state = 'active' AND s.id > :after
    ORDER BY s.id LIMIT :most
    """
).bindparams(bindparam("today"), bindparam("after"), bindparam("most"))


def keep_speed(db: Database, now: datetime) -> int:
    """Correct the speed of every active service that has another than its tariff. Returns how many had."""
    today = juba_day(now)
    with db.reading() as connection:
        book = tariff_book(connection)
    corrected, after = 0, 0
    while True:
        with db.reading() as connection:
            rows = connection.execute(_ON, {"today": today, "after": after, "most": BATCH_MAX}).all()
        for row in rows:
            terms = book.version(row.tariff_id, today)
            held = None if row.held_down_kbps is None else (row.held_down_kbps, row.held_up_kbps)
            has = Speed(row.down_kbps, row.up_kbps, row.burst_down_kbps, row.burst_up_kbps)
            if terms is None or access.speed_of(terms, slowed=row.slowed, held=held) == has:
                continue
            db.run(partial(_correct, subscription_id=row.id, now=now))
            corrected += 1
        if len(rows) < BATCH_MAX:
            return corrected
        after = rows[-1].id


def _correct(tx: Transaction, subscription_id: int, now: datetime) -> None:
    service = locked(tx.connection, subscription_id)
    if service.state == "active":
        access.set_speed(tx, service, tariff_of(tx, service, juba_day(now)), now, slowed=service.slowed)
