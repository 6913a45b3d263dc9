"""The ageing report over 1,000,000 entries of the books, against the one statement it needs, run bare.

20,000 customers with 25 invoices each and a payment for every one of them, each fifth short: half a million documents
and as many payments. Ours is the report as a page reads it; the ceiling is its statement over psycopg2, rows fetched.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from bench.monthly import plant
from core.days import DAY, start_of_day
from core.db.migrate import migrate
from core.parts import Parts, assemble
from core.reports.ageing import AGEING, ageing
from core.settings import load

CUSTOMERS: Final = 20_000
INVOICES_EACH: Final = 25
ENTRIES: Final = 2 * CUSTOMERS * INVOICES_EACH
RUNS: Final = 5
ON_DAY: Final = date(2028, 6, 30)

# Written as a restore writes: with triggers aside. The books are whole all the same, and are checked to be.
_INVOICES: Final = """
    INSERT INTO ledger_entry (id, key, kind, occurred_at, recorded_at, legs, body_hash, memo) OVERRIDING SYSTEM VALUE
      SELECT i.id, 'bench:' || i.id, 'invoice', i.issued_on, now(), 2, '', jsonb_build_object('invoice', i.id)
      FROM (SELECT 1000000 + (n - 1) * :each + m AS id, DATE '2026-02-01' + m * 30 AS issued_on
            FROM generate_series(1, :count) n, generate_series(1, :each) m) i
"""
_DOCUMENTS: Final = """
    INSERT INTO invoice (id, kind, series, year, number, customer_id, issued_on, due_on, currency, net_minor, tax_minor,
        rounding_minor, total_minor, rounding_rule, seller, buyer, reason, line_count, tax_count, entry_id, issued_at)
      OVERRIDING SYSTEM VALUE
      SELECT 1000000 + (c.n - 1) * :each + m, 'invoice', 'INV', 2026, (c.n - 1) * :each + m, c.id,
             DATE '2026-02-01' + m * 30, DATE '2026-02-15' + m * 30, 'SSP', 5000000, 0, 0, 5000000, 'half_even_100',
             '{}', '{}', '', 0, 0, 1000000 + (c.n - 1) * :each + m, now()
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM customer WHERE name LIKE 'Customer %') c,
           generate_series(1, :each) m
"""
_PAYMENTS: Final = """
    INSERT INTO ledger_entry (id, key, kind, occurred_at, recorded_at, legs, body_hash, memo) OVERRIDING SYSTEM VALUE
      SELECT 5000000 + i.id, 'bench:paid:' || i.id, 'allocation', i.issued_on + 20, now(), 2, '',
             jsonb_build_object('invoice', i.id)
      FROM invoice i WHERE i.id > 1000000
"""
_POSTINGS: Final = """
    INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)
      SELECT x.entry_id, x.account_id, 'SSP', x.minor FROM (
        SELECT i.entry_id, a.id AS account_id, -i.total_minor AS minor, i.id AS invoice_id
          FROM invoice i JOIN customer c ON c.id = i.customer_id
          JOIN ledger_account a ON a.code = 'receivable:' || c.number || '\\:SSP' WHERE i.id > 1000000
        UNION ALL
        SELECT i.entry_id, (SELECT id FROM ledger_account WHERE code = 'sales:monthly:SSP'), i.total_minor, i.id
          FROM invoice i WHERE i.id > 1000000
        UNION ALL
        SELECT 5000000 + i.id, a.id, CASE WHEN i.id % 5 = 0 THEN 2000000 ELSE i.total_minor END, i.id
          FROM invoice i JOIN customer c ON c.id = i.customer_id
          JOIN ledger_account a ON a.code = 'receivable:' || c.number || '\\:SSP' WHERE i.id > 1000000
        UNION ALL
        SELECT 5000000 + i.id, c.wallet_id, -CASE WHEN i.id % 5 = 0 THEN 2000000 ELSE i.total_minor END, i.id
          FROM invoice i JOIN customer c ON c.id = i.customer_id WHERE i.id > 1000000) x
      ORDER BY x.invoice_id
"""
_SALES: Final = """
    INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor)
      VALUES ('sales:monthly:SSP', 'income', 'SSP', false, 0)
"""


def measure() -> Measured:
    """Both in turn, the same day."""
    ours: list[float] = []
    bare: list[float] = []
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=2)
        migrate(parts.db.engine)
        plant(parts, CUSTOMERS)
        _books(parts)
        _ours(parts)  # both once to warm the server's cache
        _bare(parts)
        for _run in range(RUNS):
            bare.append(ENTRIES / _bare(parts))
            ours.append(ENTRIES / _ours(parts))
        parts.db.close()
    return compare("ageing", "entries/s", ours, bare)


def _books(parts: Parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in (_SALES, _INVOICES, _DOCUMENTS, _PAYMENTS, _POSTINGS):
            values = {"count": CUSTOMERS, "each": INVOICES_EACH}
            tx.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    with parts.db.reading() as connection:
        connection.execute(text("VACUUM ANALYZE"))
        unbalanced = (
            "SELECT count(*) FROM (SELECT 1 FROM ledger_posting GROUP BY entry_id HAVING sum(amount_minor) <> 0) x"
        )
        entries, crooked = (
            connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one(),
            connection.execute(text(unbalanced)).scalar_one(),
        )
    if entries < ENTRIES or crooked:
        raise AssertionError(f"{entries} entries, {crooked} of them do not balance")


def _ours(parts: Parts) -> float:
    with parts.db.reading() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        began = time.perf_counter()
        owing = sum(1 for _one in ageing(connection, ON_DAY))
        took = time.perf_counter() - began
    if owing != CUSTOMERS:
        raise AssertionError(f"{owing} customers owe something, not {CUSTOMERS}")
    return took


def _bare(parts: Parts) -> float:
    statement = (
        str(AGEING)
        .replace(":day", "%(day)s")
        .replace(":end_of_day", "%(end_of_day)s")
        .replace("'receivable:%'", "'receivable:%%'")
    )
    connection = parts.db.engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute("SET statement_timeout = 0")
        began = time.perf_counter()
        cursor.execute(statement, {"day": ON_DAY, "end_of_day": start_of_day(ON_DAY + DAY)})
        cursor.fetchall()
        return time.perf_counter() - began
    finally:
        cursor.close()
        connection.rollback()
        connection.close()
