"""Holding services to fair use: within a minute of a crossing slower, at the reset fast again; told once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.tariffs import TariffBook, TariffTerms, tariff_book
from core.clock import JUBA
from core.days import juba_day, start_of_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.subscriptions import access
from core.subscriptions.fair_use_rule import Standing, counted, standing, starts
from core.subscriptions.queries import locked
from core.subscriptions.states import By, move
from core.subscriptions.stop import tariff_of
from core.subscriptions.tell_usage import tell_usage
from core.usage.totals import used_by_day, used_by_hour

LOG = log("subscriptions.fair_use")
BATCH_MAX: Final = 500
# Of a service whose counters have not moved for longer nothing is new, but that a period or a free hour may be over.
HEARD_WITHIN: Final = timedelta(minutes=15)
_CONCERNED: Final = text("""
    SELECT s.id, s.anchor_day, s.grant_id, s.held_down_kbps, s.held_up_kbps, t.tariff_id,
           array(SELECT (m.detail ->> 'left_grant')::bigint FROM subscription_move m
                 WHERE m.subscription_id = s.id AND m.detail ->> 'left_grant' IS NOT NULL) AS left_grants
    FROM subscription s
    JOIN subscription_term t ON t.subscription_id = s.id AND t.from_day <= :today
      AND (t.until_day IS NULL OR t.until_day > :today)
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
            found = standings(connection, rows, book, now)
        for row in rows:
            if row.id not in found:
                continue
            try:
                changed += db.run(partial(_keep, subscription_id=row.id, stands=found[row.id], now=now))
            except Exception:
                LOG.exception("fair use not kept", subscription=row.id)
        if len(rows) < BATCH_MAX:
            return changed
        after = rows[-1].id


def standings(connection: Connection, rows: Sequence[Any], book: TariffBook, now: datetime) -> dict[int, Standing]:
    """Subscription -> where it stands. `rows` have id, anchor_day, grant_id, left_grants, tariff_id."""
    today, local = juba_day(now), now.astimezone(JUBA)
    since = {row.id: starts(today, row.anchor_day) for row in rows}
    terms = {row.id: book.version(row.tariff_id, today) for row in rows}
    grants = {row.id: [row.grant_id, *row.left_grants] for row in rows}
    ids = [grant_id for of_one in grants.values() for grant_id in of_one]
    first = min((min(of_one.values()) for of_one in since.values()), default=today)
    days = used_by_day(connection, ids, first)
    with_free = {grant: of for row_id, of in terms.items() if of and _free(of) for grant in grants[row_id]}
    for one in used_by_hour(connection, list(with_free), start_of_day(first)) if with_free else []:
        if one.hour in _free(with_free[one.grant_id]):
            days[one.grant_id][one.day] -= one.used_bytes
    found = {}
    for row in rows:
        of = terms[row.id]
        if of is None:
            continue
        used: dict[str, int] = dict.fromkeys(since[row.id], 0)
        for grant_id in grants[row.id]:
            for period, count in counted(days.get(grant_id, {}), since[row.id]).items():
                used[period] += count
        found[row.id] = standing(of, used, local.hour)
    return found


def _free(terms: TariffTerms) -> frozenset[int]:
    return terms.fair_use.free_hours if terms.fair_use else frozenset()


def _keep(tx: Transaction, subscription_id: int, stands: Standing, now: datetime) -> int:
    service = locked(tx.connection, subscription_id)
    if service.state != "active":
        return 0
    terms = tariff_of(tx, service, juba_day(now))
    tell_usage(tx, service, terms, stands, now=now)
    wanted = (stands.held.down_kbps, stands.held.up_kbps) if stands.held else None
    if access.held(service) == wanted:
        return 0
    down, up = wanted or (None, None)
    verb, why = ("hold", "fair use") if wanted else ("release", "fair use: a new period or a free hour")
    detail = {"used": stands.used, "down_kbps": down, "up_kbps": up}
    move(tx, service, verb, By(now, why), detail, held_down_kbps=down, held_up_kbps=up)
    service = locked(tx.connection, subscription_id)
    access.set_speed(tx, service, terms, now, slowed=service.slowed)
    return 1
