"""A billing run over 100,000 services, against the same rows written by plain `INSERT … SELECT`.

Each month is billed by `core.billing.run` as the worker does it: two lines and a tax each, the entry and its postings,
numbers without a gap, a transaction for each 500. Then the rows of that month are written once more into the same
tables, under the same triggers and constraints, from a copy made before the clock starts: that is the ceiling. The
memory this process came to is held against what it had after the first tenth.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from bench.monthly import STARTED_ON, plant
from core.billing.bill_chunk import Outcome
from core.billing.draft import issuer_of
from core.billing.run import bill_due
from core.days import on_day, start_of_day
from core.db.migrate import migrate
from core.parts import Parts, assemble
from core.settings import load

SERVICES: Final = 100_000
RUNS: Final = 5
MEMORY_GROWTH_MB_MAX: Final = 64
# The rows of a month under other ids, keys, numbers and days: what a second set of documents would be.
_COPY: Final = (
    """
    CREATE TEMP TABLE new_entry AS
      SELECT id AS old_id, nextval('ledger_entry_id_seq') AS id, key || '\\:bare' AS key, kind, occurred_at,
             recorded_at, legs, body_hash, memo
      FROM ledger_entry WHERE occurred_at = CAST(:at AS timestamptz) AND kind = 'invoice' AND key NOT LIKE '%bare'
    """,
    """
    CREATE TEMP TABLE new_posting AS
      SELECT e.id AS entry_id, p.account_id, p.currency, p.amount_minor
      FROM ledger_posting p JOIN new_entry e ON e.old_id = p.entry_id ORDER BY p.account_id
    """,
    """
    CREATE TEMP TABLE new_invoice AS
      SELECT i.id AS old_id, nextval('invoice_id_seq') AS id, i.kind, 'B' || i.series AS series, i.year, i.number,
             i.customer_id, i.subscription_id, i.issued_on, i.due_on, i.period_from, i.period_next, i.currency,
             i.net_minor, i.tax_minor, i.rounding_minor, i.total_minor, i.rounding_rule, i.seller, i.buyer, i.reason,
             i.line_count, i.tax_count, e.id AS entry_id, i.issued_at
      FROM invoice i JOIN new_entry e ON e.old_id = i.entry_id ORDER BY i.id
    """,
    """
    CREATE TEMP TABLE new_line AS
      SELECT i.id AS invoice_id, l.position, l.kind, l.subscription_id, l.from_day + 36525 AS from_day,
             l.next_day + 36525 AS next_day, l.product_class, l.amount_minor, l.facts
      FROM invoice_line l JOIN new_invoice i ON i.old_id = l.invoice_id ORDER BY l.id
    """,
    """
    CREATE TEMP TABLE new_tax AS
      SELECT i.id AS invoice_id, t.tax_id, t.product_class, t.name_en, t.name_ar, t.rate_millionths, t.inclusive,
             t.compound, t.base_minor, t.amount_minor
      FROM invoice_tax t JOIN new_invoice i ON i.old_id = t.invoice_id ORDER BY t.id
    """,
    "ANALYZE new_entry, new_posting, new_invoice, new_line, new_tax",
)
_INSERT: Final = (
    """
    INSERT INTO ledger_entry (id, key, kind, occurred_at, recorded_at, legs, body_hash, memo) OVERRIDING SYSTEM VALUE
      SELECT id, key, kind, occurred_at, recorded_at, legs, body_hash, memo FROM new_entry
    """,
    "INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor) SELECT * FROM new_posting",
    """
    INSERT INTO invoice (id, kind, series, year, number, customer_id, subscription_id, issued_on, due_on, period_from,
        period_next, currency, net_minor, tax_minor, rounding_minor, total_minor, rounding_rule, seller, buyer, reason,
        line_count, tax_count, entry_id, issued_at) OVERRIDING SYSTEM VALUE
      SELECT id, kind, series, year, number, customer_id, subscription_id, issued_on, due_on, period_from, period_next,
        currency, net_minor, tax_minor, rounding_minor, total_minor, rounding_rule, seller, buyer, reason, line_count,
        tax_count, entry_id, issued_at FROM new_invoice
    """,
    """
    INSERT INTO invoice_line (invoice_id, position, kind, subscription_id, from_day, next_day, product_class,
        amount_minor, facts) SELECT * FROM new_line
    """,
    """
    INSERT INTO invoice_tax (invoice_id, tax_id, product_class, name_en, name_ar, rate_millionths, inclusive, compound,
        base_minor, amount_minor) SELECT * FROM new_tax
    """,
    "UPDATE subscription SET promotion_left = promotion_left",
)


def measure() -> Measured:
    """Run both in turn, a month each, and compare."""
    ours: list[float] = []
    bare: list[float] = []
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=2)
        migrate(parts.db.engine)
        plant(parts, SERVICES)
        for month in range(1, RUNS + 1):
            day = on_day(STARTED_ON.year, STARTED_ON.month + month, 1)
            ours.append(SERVICES / _ours(parts, day))
            bare.append(SERVICES / _bare(parts, day))
            sys.stderr.write(f"{day}: {ours[-1]:,.0f} services/s, bare {bare[-1]:,.0f}\n")
        parts.db.close()
    return compare("billing", "services/s", ours, bare)


def _ours(parts: Parts, day: date) -> float:
    now = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    memory: list[float] = []

    def heard(_outcome: Outcome) -> None:
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    began = time.perf_counter()
    run = bill_due(parts.db, day=day, issuer=issuer_of(parts.settings), now=now, heard=heard)
    took = time.perf_counter() - began
    if run.issued != SERVICES or run.faults:
        raise AssertionError(f"{run.issued} of {SERVICES} services were billed; {run.faults[:3]}")
    growth = memory[-1] - memory[len(memory) // 10]
    if growth > MEMORY_GROWTH_MB_MAX:
        raise AssertionError(f"memory grew by {growth:.0f} MB during the run")
    return took


def _bare(parts: Parts, day: date) -> float:
    with parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        at = {"at": start_of_day(day)}
        tx.execute(text("DROP TABLE IF EXISTS new_entry, new_posting, new_invoice, new_line, new_tax"))
        for statement in _COPY:
            tx.execute(text(statement), at if ":at" in statement else {})
    with parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        began = time.perf_counter()
        for statement in _INSERT:
            tx.execute(text(statement))
        tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    return time.perf_counter() - began
