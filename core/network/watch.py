"""The watch on routers: an outage is written down when one is down, and ended when it is up again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Database, Transaction
from core.logs import log
from core.network.models import RouterOutage
from core.network.outage_rule import Heard, down_since, up_since

LOG = log("network.watch")
SESSION_DAYS_MAX: Final = timedelta(days=31)  # older ones are not looked through for what was accounted last
TOGETHER: Final = timedelta(minutes=10)  # sessions heard within it of the last one were online with it
# Accounting is looked through only where visits fail, and only of routers that ask RADIUS: most rounds read no session.
_ROUTERS: Final = text("""
    SELECT r.id, r.name, r.area, r.silent_since, r.heard_since, r.failures, r.last_seen_at IS NOT NULL AS visited,
           a.accounted_at, coalesce(a.broke_off, false) AS broke_off, r.watched, o.id AS outage_id, o.began_at
    FROM router r
    LEFT JOIN router_outage o ON o.router_id = r.id AND o.ended_at IS NULL
    LEFT JOIN LATERAL (
      SELECT max(last) AS accounted_at, bool_or(cut AND heard_at > last - :together) AS broke_off
      FROM (SELECT s.heard_at, s.stopped_at IS NULL OR s.cause = 'lost' AS cut, max(s.heard_at) OVER () AS last
            FROM access_grant g JOIN usage_session s ON s.grant_id = g.id
            WHERE g.router_id = r.id AND s.router_id = r.id AND s.source IN ('radius', 'rest')
              AND s.started_at > :sessions_since) heard
    ) a ON r.access_by = 'radius' AND r.silent_since IS NOT NULL
    WHERE r.watched AND r.silent_since IS NOT NULL OR o.id IS NOT NULL
    ORDER BY r.id
""")


@dataclass(frozen=True, slots=True)
class Watched:
    """What a round found: routers that went down, and routers that are up again."""

    down: tuple[str, ...]
    up: tuple[str, ...]


def watch(db: Database, now: datetime) -> Watched:
    """Write down which routers went down or came back. Killed anywhere it is simply done again.

    The database holds one open outage a router; two rounds at once cannot make two.
    """
    found = db.run(lambda tx: _round(tx, now))
    for name in found.down:
        LOG.warning("router is down", router=name)
    for name in found.up:
        LOG.info("router is up again", router=name)
    return found


def _round(tx: Transaction, now: datetime) -> Watched:
    down, up = [], []
    spans = {"together": TOGETHER, "sessions_since": now - SESSION_DAYS_MAX}
    for row in tx.execute(_ROUTERS, spans).all():
        heard = Heard(
            row.silent_since, row.heard_since, row.failures, row.visited, row.accounted_at, bool(row.broke_off)
        )
        if row.outage_id is None:
            began_at = down_since(heard, now)
            if began_at is not None and _begin(tx, row, began_at):
                down.append(row.name)
        else:
            ended_at = up_since(heard, row.began_at, now) if row.watched else now
            if ended_at is not None and _end(tx, row.outage_id, ended_at):
                up.append(row.name)
    return Watched(tuple(down), tuple(up))


def _begin(tx: Transaction, row: Any, began_at: datetime) -> bool:
    begun = (
        upsert(RouterOutage)
        .values(router_id=row.id, area=row.area, began_at=began_at)
        .on_conflict_do_nothing(index_elements=[RouterOutage.router_id], index_where=RouterOutage.ended_at.is_(None))
        .returning(RouterOutage.id)
    )
    return tx.execute(begun).first() is not None


def _end(tx: Transaction, outage_id: int, ended_at: datetime) -> bool:
    ended = update(RouterOutage).where(RouterOutage.id == outage_id, RouterOutage.ended_at.is_(None))
    return tx.execute(ended.values(ended_at=ended_at).returning(RouterOutage.id)).first() is not None
