"""Texts about a token's use, once each, to the phone that holds it: its data, and that its time is short or over."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import text

from core.catalog.plan_words import data_words, left_words
from core.customers.queries import tongue_for
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.queue_text import queue_text
from core.tokens.alert_rule import DATA_OUT, TIME_OUT, TIME_SHORT, TokenUse, reached
from core.usage.alert import mark_told

LOG = log("tokens.tell_usage")
BATCH_MAX: Final = 500
# Whose token ended while nothing of ours ran has found out.
STILL_NEWS: Final = timedelta(hours=1)
# What may have something to be told: half its data is used, or it ends within a day; of those the rule decides.
_CONCERNED: Final = text("""
    SELECT t.id, t.recipient_phone, c.language, h.ssid, g.id AS grant_id, g.username, g.duration_s, g.data_bytes,
           g.used_bytes, g.first_used_at, g.ends_at, g.status = 'expired' AS over,
           array(SELECT a.kind FROM usage_alert a WHERE a.grant_id = g.id) AS told
    FROM access_grant g JOIN token t ON t.grant_id = g.id JOIN hotspot h ON h.id = t.hotspot_id
    LEFT JOIN customer c ON c.id = coalesce(t.buyer_id, t.seller_id)
    WHERE g.id > :after AND t.recipient_phone IS NOT NULL AND g.duration_s IS NOT NULL
      AND (g.status = 'running' AND (g.used_bytes * 2 >= g.data_bytes OR g.ends_at <= :tomorrow)
           OR g.status = 'expired' AND g.closed_at > :still_news)
    ORDER BY g.id LIMIT :most
""")


def tell_token_usage(db: Database, now: datetime, code: str) -> int:
    """Tell what is to be told. `code` is dialled for another token. Returns how many texts that were.

    One that fails is told of in the log and holds up no other.
    """
    told, after = 0, 0
    while True:
        values = {"after": after, "most": BATCH_MAX, "tomorrow": now + timedelta(days=1)}
        with db.reading() as connection:
            rows = connection.execute(_CONCERNED, values | {"still_news": now - STILL_NEWS}).all()
        for row in rows:
            worth, old = reached(_use(row), now)
            if set(worth) <= set(row.told):
                continue
            try:
                told += db.run(partial(_tell, row=row, worth=worth, old=old, now=now, code=code))
            except Exception:
                LOG.exception("a token's use not told", token=row.id)
        if len(rows) < BATCH_MAX:
            return told
        after = rows[-1].grant_id


def _use(row: Any) -> TokenUse:
    return TokenUse(row.duration_s, row.ends_at, row.data_bytes, row.used_bytes, row.over)


def _tell(tx: Transaction, *, row: Any, worth: list[str], old: list[str], now: datetime, code: str) -> int:
    """Tell what is new of what is worth telling."""
    day = juba_day(row.first_used_at)
    new = [kind for kind in worth if mark_told(tx, grant_id=row.grant_id, period_from=day, kind=kind, now=now)]
    for kind in old if new else ():
        mark_told(tx, grant_id=row.grant_id, period_from=day, kind=kind, now=now)
    tongue = tongue_for(tx.connection, row.recipient_phone, row.language or "en")
    sent = 0
    for kind in new:
        template, facts = _words(row, kind, tongue, now, code)
        sent += queue_text(
            tx,
            phone=row.recipient_phone,
            tongue=tongue,
            template=template,
            key=f"token_use:{row.id}:{kind}",
            now=now,
            facts={"ssid": row.ssid, "username": row.username, **facts},
        )
    return sent


def _words(row: Any, kind: str, tongue: str, now: datetime, code: str) -> tuple[str, dict[str, object]]:
    if kind == TIME_SHORT:
        return "token_time_short", {"time": left_words(tongue, int((row.ends_at - now).total_seconds()), None)}
    if kind == TIME_OUT:
        return "token_time_out", {"code": code}
    if kind == DATA_OUT:
        return "token_data_out", {"all": data_words(tongue, row.data_bytes), "code": code}
    return "token_share", {"used": data_words(tongue, row.used_bytes), "all": data_words(tongue, row.data_bytes)}
