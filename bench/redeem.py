"""Cards redeemed by 32 at once, against a bare conditional UPDATE by psycopg2.

Ours is the verb: what was typed is read, guesses are looked at, the card is found by its HMAC and used, a grant is
made and sealed, a token, what the router is to hold and the device are written, and partners' event; codes typed at
the same moment share a transaction (`core.db.together`), and each is answered once it is on disk. The bare one
marks a row of a table with the same index by `UPDATE … WHERE code = … AND redeemed_at IS NULL`, in a transaction of
its own too. Both have 32 threads and as many connections, on PostgreSQL with fsync.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg2
import psycopg2.extensions

from bench import Measured, compare
from bench.house import servers
from bench.tokens import make, plant
from core import logs
from core.db.migrate import migrate
from core.parts import Parts, assemble
from core.settings import load
from core.tokens.guesses import Typist
from core.tokens.make_batch import codes_of_batch
from core.tokens.redeem import redeem
from core.tokens.sell_cards import sell_cards

AT_ONCE: Final = 32
RUNS: Final = 7
CARDS_A_RUN: Final = 4_000
WARM: Final = 6
_BARE: Final = """
    CREATE TABLE bare_code (code text PRIMARY KEY, redeemed_at timestamptz);
    INSERT INTO bare_code SELECT 'r' || run || 'n' || number
      FROM generate_series(0, %(runs)s) run, generate_series(0, %(last)s) number
"""
_MARK: Final = "UPDATE bare_code SET redeemed_at = now() WHERE code = %s AND redeemed_at IS NULL"


def measure() -> Measured:
    """Redemptions a second, both in turn; the first run of each is thrown away: it warms plans and caches."""
    ours: list[float] = []
    bare: list[float] = []
    logs.configure("ERROR", ())
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=AT_ONCE)
        migrate(parts.db.engine)
        with parts.db.transaction() as tx:
            plant(tx)
            tx.connection.exec_driver_sql(_BARE, {"runs": RUNS, "last": CARDS_A_RUN - 1})
        for run in range(RUNS + 1):
            codes = _sold(parts, run)
            mine = _ours(parts, codes)
            parts.db.close()  # the server has not room for the connections of both
            lines = [psycopg2.connect(environ["DATABASE_URL"].replace("+psycopg2", "")) for _ in range(AT_ONCE)]
            marked = _bare(lines, [f"r{run}n{number}" for number in range(CARDS_A_RUN)])
            for line in lines:
                line.close()
            if run:
                ours.append(mine)
                bare.append(marked)
            sys.stderr.write(f"run {run}: {mine:,.0f} redemptions/s, bare {marked:,.0f}\n")
        parts.db.close()
    return compare("redeem", "redemptions/s", ours, bare)


def _sold(parts: Parts, run: int) -> list[str]:
    batch_id = make(parts, CARDS_A_RUN, f"run {run}")
    with parts.db.transaction() as tx:
        sell_cards(
            tx,
            request_key=f"run {run}",
            batch_id=batch_id,
            first=1,
            last=CARDS_A_RUN,
            seller_id=None,
            staff_id=1,
            for_nothing=False,
            now=parts.clock.now(),
        )
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE token_card")
        return [code for _serial, code in codes_of_batch(connection, batch_id=batch_id, sealer=parts.sealer)]


def _ours(parts: Parts, codes: Sequence[str]) -> float:
    def work(codes: Sequence[str]) -> None:
        for code in codes:
            redeemed = redeem(
                parts.db,
                typed=code,
                typist=Typist(device=code, address="10.5.50.7"),
                now=parts.clock.now(),
                ids=parts.ids,
                sealer=parts.sealer,
            )
            if redeemed.again:
                raise AssertionError("a card was redeemed twice")

    return _rate(codes, [work] * AT_ONCE)


def _bare(lines: Sequence[psycopg2.extensions.connection], codes: Sequence[str]) -> float:
    def on(line: psycopg2.extensions.connection) -> Callable[[Sequence[str]], None]:
        def work(codes: Sequence[str]) -> None:
            for code in codes:
                with line.cursor() as cursor:
                    cursor.execute(_MARK, (code,))
                    if cursor.rowcount != 1:
                        raise AssertionError("a row was marked twice")
                line.commit()

        return work

    return _rate(codes, [on(line) for line in lines])


def _rate(codes: Sequence[str], workers: Sequence[Callable[[Sequence[str]], None]]) -> float:
    """Codes a second, of all workers begun together. A few before that make every connection and its plans."""
    ready = threading.Barrier(len(workers) + 1)

    def begin(number: int) -> None:
        share = codes[number :: len(workers)]
        workers[number](share[:WARM])
        ready.wait()
        workers[number](share[WARM:])

    with ThreadPoolExecutor(len(workers)) as pool:
        shares = [pool.submit(begin, number) for number in range(len(workers))]
        ready.wait()
        began = time.perf_counter()
        for share in shares:
            share.result()
        took = time.perf_counter() - began
    return (len(codes) - WARM * len(workers)) / took
