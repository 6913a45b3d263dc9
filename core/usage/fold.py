"""The one writer of usage: what equipment said becomes sessions, hours, days and the total of each grant."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from core.access.first_use import mark_first_use
from core.db.engine import Database, Transaction
from core.logs import log
from core.usage import fold_statements as sql
from core.usage import look_statements as looks
from core.usage.months import RETENTION_MONTHS, first_kept, keep_months

LOG = log("usage.fold")
ROWS_AT_ONCE: Final = 20_000  # 30 MB of working tables
PARTS: Final = 8  # a batch that cannot be counted is tried again in so many, down to one packet
# When a session began is its packet's time less its age: a slow uplink and a coarse clock move that by minutes.
BEGAN_SLACK: Final = timedelta(minutes=10)
# A router tells a session's age and its own in one breath, each in whole seconds.
BEGAN_SLACK_OF_LOOKS: Final = timedelta(seconds=10)
SESSION_S_MAX: Final = 10 * 366 * 86_400  # older than any session; beyond it the packet lies
INTERIM_S: Final = 300  # what we ask equipment for (Acct-Interim-Interval)
LOST_AFTER: Final = timedelta(seconds=3 * INTERIM_S)
_STEPS: Final = (
    sql.CLOSE_REPLACED,
    sql.BEGIN_SESSIONS,
    sql.ANALYZE_ONLINE,
    sql.HEAR_SESSIONS,
    sql.CLOSE_LEFT,
    sql.CLOSE_RESTARTED,
    sql.FRESH,
    sql.ANALYZE_FRESH,
    sql.KEEP_SAMPLES,
    sql.REWORK,
    sql.USED,
    sql.MOVED,
    sql.ANALYZE_MOVED,
    sql.LOCK_GRANTS,
    sql.FORGET_HOURS,
    sql.ADD_HOURS,
    sql.STANDING,
    sql.ANALYZE_STANDING,
    sql.STAND,
)
_LOOKS: Final = (
    looks.BEGIN_UNSEEN,
    looks.KEEP_CREDITS,
    looks.CONCERNED,
    looks.ANALYZE_CONCERNED,
    looks.UNSEEN_USE,
    looks.MOVE_UNSEEN,
    looks.NOTE_UNSEEN,
    looks.FORGET_UNSEEN_HOURS,
    looks.ADD_UNSEEN_HOURS,
    looks.STAND_UNSEEN,
    looks.THIN,
    looks.CLOSE_ABSENT,
)
_TOTALS: Final = (
    sql.DAYS,
    sql.LESS_ON_DAYS,
    sql.NOTHING_ON_DAYS,
    sql.ADD_DAYS,
    sql.ADD_TO_GRANTS,
)
_LOST: Final = text("""
    UPDATE usage_session SET stopped_at = greatest(heard_at, started_at), cause = 'lost'
    WHERE stopped_at IS NULL AND heard_at < :since RETURNING id
""")


def fold(db: Database, now: datetime, months: int = RETENTION_MONTHS) -> int:
    """Fold all that was heard by now. Returns how many packets that were; none while another folds.

    Raw counters are kept for so many `months`, besides the one that runs.

    Each batch is a transaction: killed anywhere, its packets are still there. Order and repetition change no total:
    a counter counts from the one before it in the session, whichever came first, and the same one again is none.

    Equipment may lie beyond what the database can hold. Such a packet is found, told of in the log and left out: it
    keeps nobody else from being counted.
    """
    keep_months(db, now, months)
    total, most = 0, ROWS_AT_ONCE
    while True:
        try:
            taken = db.run(partial(_fold_some, now=now, most=most, months=months))
        except (DataError, IntegrityError):
            most = max(1, most // PARTS)
            continue
        total += taken
        if taken < most:
            return total
        most = min(ROWS_AT_ONCE, most * PARTS)


def close_lost(db: Database, now: datetime) -> int:
    """Close sessions nothing was heard of for three intervals: their end was lost. Returns how many."""
    with db.transaction() as tx:
        return len(tx.execute(_LOST, {"since": now - LOST_AFTER}).all())


def _fold_some(tx: Transaction, now: datetime, most: int, months: int) -> int:
    if not tx.execute(sql.ONE_WRITER).scalar_one():
        return 0
    slack = {"slack": BEGAN_SLACK, "slack_of_looks": BEGAN_SLACK_OF_LOOKS}
    tx.execute(sql.TAKE, {"most": most, "session_s_max": SESSION_S_MAX} | slack)
    taken = int(tx.execute(sql.GONE).rowcount)
    if not taken:
        return 0
    try:
        with tx.connection.begin_nested():
            _count(tx, first_kept(now, months))
    except (DataError, IntegrityError) as error:
        if taken > 1:
            raise
        packet = tx.execute(sql.TAKEN).mappings().one()
        LOG.warning("a packet cannot be counted", error=type(error.orig).__name__, **packet)
    return taken


def _count(tx: Transaction, kept_since: datetime) -> None:
    tx.execute(sql.ANALYZE_TAKEN)
    tx.execute(sql.ONLINE)
    tx.execute(sql.ANALYZE_ONLINE)
    looked = tx.execute(looks.ANY_LOOKS).scalar_one()
    kept = {"kept_since": kept_since}
    for step in (*_STEPS, *(_LOOKS if looked else ()), *_TOTALS, *((looks.READINGS,) if looked else ())):
        tx.execute(step, kept)
    for row in tx.execute(sql.BEGUN).all():
        mark_first_use(tx, grant_id=row.id, used_at=row.began)
