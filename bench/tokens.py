"""A hundred thousand cards made and stored, against a bare COPY of the very same rows.

Ours is the verb: codes drawn, each found by its HMAC and sealed, streamed into the table in one transaction. The bare
COPY writes what ours wrote, kept as lines in memory, into a table with the same columns, constraints and indices, in
one transaction too: it draws nothing, seals nothing and formats nothing. How much the memory of this process grows
while ours runs is held against a limit.
"""

from __future__ import annotations

import io
import resource
import sys
import time
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from core.db.engine import Database, Transaction
from core.db.migrate import migrate
from core.money import Money
from core.parts import Parts, assemble
from core.settings import load
from core.tokens.make_batch import Maker, make_batch

CARDS: Final = 100_000
RUNS: Final = 5
MEMORY_GROWTH_MB_MAX: Final = 32
PLANTED: Final = (
    """
    INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures, nas_address, access_by,
                        radius_secret)
    VALUES ('bench', '127.0.0.1', 8728, 'bench', '', now(), 0, '10.0.0.1', 'radius', '\\x00')
    """,
    "INSERT INTO hotspot (code, ssid, place, router_id) SELECT 11, 'Bench', 'Bench', id FROM router",
    "INSERT INTO plan (code, alias) VALUES ('1H', 1)",
    """
    INSERT INTO plan_version (plan_id, valid_from, duration_s, down_kbps, up_kbps, devices_max, price_minor, currency)
      SELECT id, now() - interval '1 day', 3600, 2000, 512, 1, 30000, 'SSP' FROM plan
    """,
    """
    INSERT INTO staff_member (username, name, role, language, password_hash, session_mark, active, added_at)
    VALUES ('bench', 'Bench', 'manager', 'en', '-', '-', true, now())
    """,
)
_BARE: Final = """
    CREATE TABLE bare_card (LIKE token_card INCLUDING ALL);
    ALTER TABLE bare_card ADD FOREIGN KEY (batch_id) REFERENCES token_batch (id);
    ALTER TABLE bare_card ADD FOREIGN KEY (sale_id) REFERENCES token_card_sale (id);
    ALTER TABLE bare_card ADD FOREIGN KEY (token_id) REFERENCES token (id);
"""
_COLUMNS: Final = "batch_id, serial, lookup, sealed"


def measure() -> Measured:
    """Cards a second; both in turn."""
    ours: list[float] = []
    bare: list[float] = []
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=3)
        migrate(parts.db.engine)
        with parts.db.transaction() as tx:
            plant(tx)
            tx.connection.exec_driver_sql(_BARE)
        make(parts, 1_000, "warm")
        for run in range(RUNS):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.perf_counter()
            batch_id = make(parts, CARDS, f"run {run}")
            ours.append(CARDS / (time.perf_counter() - began))
            grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            if grown_mb > MEMORY_GROWTH_MB_MAX:
                raise AssertionError(f"memory grew by {grown_mb:.0f} MB")
            bare.append(CARDS / _bare(parts.db, batch_id))
            sys.stderr.write(f"run {run + 1}: {ours[-1]:,.0f} cards/s, bare {bare[-1]:,.0f}\n")
        parts.db.close()
    return compare("tokens", "cards/s", ours, bare)


def plant(tx: Transaction) -> None:
    """What a batch is made for."""
    for statement in PLANTED:
        tx.execute(text(statement))


def make(parts: Parts, cards: int, key: str) -> int:
    """A batch of cards by our verb; its id."""
    with parts.db.transaction() as tx:
        made = make_batch(
            tx,
            request_key=key,
            hotspot_id=1,
            plan_version_id=1,
            price=Money.of(300, "SSP"),
            cards=cards,
            campaign=None,
            maker=Maker(staff_id=1),
            now=parts.clock.now(),
            ids=parts.ids,
            sealer=parts.sealer,
        )
    return made.batch_id


def _bare(db: Database, batch_id: int) -> float:
    lines = io.StringIO()
    with db.transaction() as tx:
        cursor = tx.connection.connection.cursor()
        cursor.copy_expert(
            f"COPY (SELECT {_COLUMNS} FROM token_card WHERE batch_id = {batch_id} ORDER BY serial) TO STDOUT", lines
        )
    if lines.getvalue().count("\n") != CARDS:
        raise AssertionError("not all cards were stored")
    lines.seek(0)
    began = time.perf_counter()
    with db.transaction() as tx:
        tx.connection.connection.cursor().copy_expert(f"COPY bare_card ({_COLUMNS}) FROM STDIN", lines)
    return time.perf_counter() - began
