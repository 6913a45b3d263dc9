"""Holding services to fair use: within a minute of a crossing slower, at the reset fast again; told once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import func, select, text

from core.catalog.tariffs import TariffTerms, tariff_book
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.subscriptions import access
from core.subscriptions.fair_use_rule import Standing
from core.subscriptions.models import BoughtData
from core.subscriptions.queries import Service, locked
from core.subscriptions.read_standings import COLUMNS, standings
from core.subscriptions.states import By, move
from core.subscriptions.stop import tariff_of
from core.subscriptions.tell_usage import tell_usage

LOG = log("subscriptions.fair_use")
BATCH_MAX: Final = 500
# Of a service whose counters have not moved for longer nothing is new, but that a period or a free hour may be over.
HEARD_WITHIN: Final = timedelta(minutes=15)
_CONCERNED: Final = text(f"""
    SELECT {COLUMNS}
    JOIN tariff_version v ON v.id = (SELECT id FROM tariff_version
                                     WHERE tariff_id = t.tariff_id AND valid_from <= :today
                                     ORDER BY valid_from DESC LIMIT 1)
    WHERE s.state = 'active' AND s.grant_id IS NOT NULL AND s.id > :after
      AND (s.held_down_kbps IS NOT NULL OR v.fair_use -> 'free' ->> 0 IS NOT NULL
           OR (v.fair_use IS NOT NULL OR v.data_bytes IS NOT NULL)
              AND EXISTS (SELECT 1 FROM usage_session u WHERE u.grant_id = s.grant_id AND u.heard_at >= :since))
    ORDER BY s.id LIMIT :most
""")


def keep_fair_use(db: Database, now: datetime) -> int:
    """Hold every service to the speed its usage leaves it, and tell what is to be told. Returns how many changed.

    One that fails is told of in the log and holds up no other.
    """
    with db.reading() as connection:
        book = tariff_book(connection)
    changed, after = 0, 0
    while True:
        with db.reading() as connection:
            values = {"today": juba_day(now), "after": after, "since": now - HEARD_WITHIN, "most": BATCH_MAX}
            rows = connection.execute(_CONCERNED, values).all()
            bought = connection.execute(select(func.max(BoughtData.id))).scalar() or 0
            found = standings(connection, rows, book, now)
        for row in rows:
            if row.id not in found:
                continue
            stands = found[row.id].standing
            try:
                changed += db.run(partial(_keep, subscription_id=row.id, stands=stands, bought=bought, now=now))
            except Exception:
                LOG.exception("fair use not kept", subscription=row.id)
        if len(rows) < BATCH_MAX:
            return changed
        after = rows[-1].id


def _keep(tx: Transaction, subscription_id: int, stands: Standing, bought: int, now: datetime) -> bool:
    service = locked(tx.connection, subscription_id)
    if service.state != "active":
        return False
    # Bought since we looked: it is fast again already, and must not be made slow by what stood before.
    newer = select(BoughtData.id).where(BoughtData.subscription_id == subscription_id, BoughtData.id > bought).limit(1)
    if stands.held is not None and tx.execute(newer).first() is not None:
        return False
    terms = tariff_of(tx, service, juba_day(now))
    tell_usage(tx, service, terms, stands, now=now)
    why = "fair use" if stands.held else "fair use: a new period or a free hour"
    return hold(tx, service, terms, stands, By(now, why))


def hold(tx: Transaction, service: Service, terms: TariffTerms, stands: Standing, by: By) -> bool:
    """Hold a locked service to the step it stands at, or to none; its router is told. False: it is so already."""
    wanted = (stands.held.down_kbps, stands.held.up_kbps) if stands.held else None
    if access.held(service) == wanted:
        return False
    down, up = wanted or (None, None)
    detail = {"used": stands.used, "down_kbps": down, "up_kbps": up}
    move(tx, service, "hold" if wanted else "release", by, detail, held_down_kbps=down, held_up_kbps=up)
    service = locked(tx.connection, service.subscription_id)
    access.set_speed(tx, service, terms, by.now, slowed=service.slowed)
    return True
