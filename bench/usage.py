"""A million interim counters taken in and folded, against a staged COPY of them with ON CONFLICT.

Ours is all of it: the counters copied into the inbox as equipment would say them, then folded into raw samples by the
month, sessions, hours, days and the total of each grant. The ceiling copies the same rows into a staging table and
moves them into one table by session and age, `ON CONFLICT DO NOTHING`, a transaction a batch as ours. How much the
memory of this process grows after the first tenth is held against a limit.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from core.db.copy import copy_rows
from core.db.engine import Database, Transaction
from core.db.migrate import migrate
from core.parts import Parts, assemble
from core.settings import load
from core.usage.fold import INTERIM_S, fold

SESSIONS: Final = 10_000
PACKETS_EACH: Final = 100
PACKETS: Final = SESSIONS * PACKETS_EACH
AT_ONCE: Final = 20_000
RUNS: Final = 5
MEMORY_GROWTH_MB_MAX: Final = 32
INBOX: Final = (
    "heard_at", "at", "nas", "packet", "session", "username", "mac", "address", "session_s", "up_bytes", "down_bytes",
    "cause", "source",
)  # fmt: skip


def measure() -> Measured:
    """Run both in turn, each with sessions of its own, and compare."""
    ours: list[float] = []
    bare: list[float] = []
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=3)
        migrate(parts.db.engine)
        with parts.db.transaction() as tx:
            _plant(tx)
        for run in range(RUNS):
            ours.append(PACKETS / _ours(parts, run))
            bare.append(PACKETS / _bare(parts.db, run))
            sys.stderr.write(f"run {run + 1}: {ours[-1]:,.0f} counters/s, bare {bare[-1]:,.0f}\n")
        parts.db.close()
    return compare("usage", "counters/s", ours, bare)


def _plant(tx: Transaction) -> None:
    """A router, and a grant for each session."""
    tx.execute(text("SET LOCAL statement_timeout = 0"))
    tx.execute(
        text("""
            INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures, nas_address,
                                access_by, radius_secret)
            VALUES ('bench', '127.0.0.1', 8728, 'bench', '', now(), 0, '10.0.0.1', 'radius', '\\x00')
        """)
    )
    tx.execute(
        text("""
            INSERT INTO access_grant (username, password_sealed, router_id, down_kbps, up_kbps, devices_max, status,
                                      granted_at, first_used_at, used_bytes)
            SELECT 'user' || number, '', 1, 4000, 1000, 1, 'running', now(), now(), 0
            FROM generate_series(0, :last) number
        """),
        {"last": SESSIONS - 1},
    )
    tx.execute(
        text("""
            CREATE TABLE bare_staged (session text, username text, at timestamptz, session_s bigint, up_bytes bigint,
                                      down_bytes bigint);
            CREATE TABLE bare_usage (session text, username text, at timestamptz, session_s bigint, up_bytes bigint,
                                     down_bytes bigint, PRIMARY KEY (session, username, session_s))
        """)
    )


def _counters(run: int, began: datetime) -> Iterator[tuple[str, str, datetime, int, int, int]]:
    """As they come: everybody's first, then everybody's second."""
    for number in range(1, PACKETS_EACH + 1):
        age = number * INTERIM_S
        at = began + timedelta(seconds=age)
        for person in range(SESSIONS):
            yield f"{run:02x}{person:06x}", f"user{person}", at, age, number * 1_000, number * 9_000


def _ours(parts: Parts, run: int) -> float:
    now = parts.clock.now()
    began = now - timedelta(seconds=(PACKETS_EACH + 1) * INTERIM_S)
    rows = _counters(run, began)
    first_tenth: int | None = None
    started = time.perf_counter()
    for batch in range(PACKETS // AT_ONCE):
        with parts.db.transaction() as tx:
            copy_rows(tx, "usage_inbox", INBOX, (_said(next(rows)) for _row in range(AT_ONCE)))
        if fold(parts.db, now) != AT_ONCE:
            raise AssertionError("not all was folded")
        if batch == PACKETS // AT_ONCE // 10:
            first_tenth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = time.perf_counter() - started
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - (first_tenth or 0)) / 1024
    if grown_mb > MEMORY_GROWTH_MB_MAX:
        raise AssertionError(f"memory grew by {grown_mb:.0f} MB")
    _check(parts.db, run)
    return took


def _said(row: tuple[str, str, datetime, int, int, int]) -> tuple[object, ...]:
    session, username, at, age, up, down = row
    return (at, at, "10.0.0.1", "interim", session, username, "", "", age, up, down, "", "radius")


def _check(db: Database, run: int) -> None:
    with db.reading() as connection:
        used = connection.execute(text("SELECT sum(used_bytes) FROM access_grant")).scalar_one()
    if used != (run + 1) * SESSIONS * PACKETS_EACH * 10_000:
        raise AssertionError(f"{used} bytes were counted")


def _bare(db: Database, run: int) -> float:
    columns = ("session", "username", "at", "session_s", "up_bytes", "down_bytes")
    rows = _counters(run, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    started = time.perf_counter()
    for _batch in range(PACKETS // AT_ONCE):
        with db.transaction() as tx:
            copy_rows(tx, "bare_staged", columns, (next(rows) for _row in range(AT_ONCE)))
            tx.execute(text("INSERT INTO bare_usage SELECT * FROM bare_staged ON CONFLICT DO NOTHING"))
            tx.execute(text("TRUNCATE bare_staged"))
    return time.perf_counter() - started
