"""A statement of 50,000 lines read in and matched, against a bare COPY of them and one matching statement.

Ours is a CSV file as a bank hands it out, kept and read as the office does it: every line new to the account, three of
five with a customer's reference (on the balance, with a receipt and a text), the others on suspense, a transaction for
each 2,000. The ceiling copies the same lines, ready made, into a table like theirs, under the same constraints, indexes
and guard, and marks those with a reference by one `UPDATE … FROM customer`. How much the memory of this process grows
after the first tenth is held against a limit.
"""

from __future__ import annotations

import io
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from core.billing.draft import issuer_of
from core.billing.of_statements import bills_of
from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.db.migrate import migrate
from core.ids import payment_reference, with_check_digit
from core.parts import Parts, assemble
from core.settings import load
from core.statements.accounts import AccountWords, NewAccount, open_money_account, set_mapping
from core.statements.mapping import CsvMapping
from core.statements.read_import import Progress, read_import
from core.statements.receive_file import receive_file

CUSTOMERS: Final = 20_000
LINES: Final = 50_000
MATCHED: Final = LINES * 3 // 5
RUNS: Final = 5
MEMORY_GROWTH_MB_MAX: Final = 32
FOREIGN_KEYS: Final = {
    "import_id": "statement_import",
    "account_id": "money_account",
    "explained_by": "staff_member",
    "suspense_entry_id": "ledger_entry",
}
COLUMNS: Final = {"day": "Date", "amount": "Amount", "reference": "Reference", "payer": "Payer", "details": "Details"}


def measure() -> Measured:
    """Run both in turn, each with a file of its own, and compare."""
    ours: list[float] = []
    bare: list[float] = []
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=3)
        migrate(parts.db.engine)
        with parts.db.transaction() as tx:
            numbers = _plant(tx, parts)
            account_id = open_money_account(
                tx, NewAccount("bench", "bank", "SSP", AccountWords("Bench Bank")), now=parts.clock.now()
            )
            set_mapping(tx, account_id, CsvMapping(columns=COLUMNS))
        with parts.db.reading() as connection:
            connection.execute(text("VACUUM ANALYZE"))
        for run in range(RUNS):
            ours.append(LINES / _ours(parts, account_id, numbers, run))
            bare.append(LINES / _bare(parts, run))
            sys.stderr.write(f"run {run + 1}: {ours[-1]:,.0f} lines/s, bare {bare[-1]:,.0f}\n")
        parts.db.close()
    return compare("statement", "lines/s", ours, bare)


def _plant(tx: Transaction, parts: Parts) -> list[str]:
    """Customers with numbers that check, their wallets and their phones."""
    tx.execute(text("SET LOCAL statement_timeout = 0"))
    now = parts.clock.now()
    numbers = [with_check_digit(5_000_000 + count) for count in range(CUSTOMERS)]
    wallets = next_ids(tx, "ledger_account", CUSTOMERS)
    people = next_ids(tx, "customer", CUSTOMERS)
    copy_rows(
        tx,
        "ledger_account",
        ("id", "code", "kind", "currency", "keeps_balance", "balance_minor", "floor_minor"),
        (
            (wallet, f"wallet:{number}:SSP", "liability", "SSP", True, 0, 0)
            for wallet, number in zip(wallets, numbers, strict=True)
        ),
    )
    copy_rows(
        tx,
        "customer",
        ("id", "number", "name", "kind", "status", "language", "wallet_id", "registered_at", "registered_through"),
        (
            (person, number, f"Customer {number}", "person", "active", "en", wallet, now, "staff")
            for person, number, wallet in zip(people, numbers, wallets, strict=True)
        ),
    )
    copy_rows(
        tx,
        "contact",
        ("customer_id", "phone", "is_main", "added_at"),
        ((person, f"+21192{index:07d}", True, now) for index, person in enumerate(people)),
    )
    return numbers


def _rows(numbers: list[str], run: int) -> Iterator[str]:
    today = date.today() - timedelta(days=RUNS - run)  # noqa: DTZ011 - any day that is over
    for index in range(LINES):
        number = numbers[index % CUSTOMERS]
        reference = payment_reference(number) if index % 5 < 3 else f"FT{run}{index:09d}"  # noqa: PLR2004
        amount = f"{1000 + index % 900}.00"
        yield f"{today:%d/%m/%Y},{amount},{reference},Payer {index},Transfer {run}-{index} at the branch\n"


def _ours(parts: Parts, account_id: int, numbers: list[str], run: int) -> float:
    content = io.BytesIO(("Date,Amount,Reference,Payer,Details\n" + "".join(_rows(numbers, run))).encode())
    memory: list[float] = []

    def heard(_progress: Progress) -> None:
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    began = time.perf_counter()
    with parts.db.transaction() as tx:
        import_id = receive_file(
            tx, account_id=account_id, file_name="bench.csv", content=content, staff_id=None, now=parts.clock.now()
        )
    done = read_import(parts.db, import_id, clock=parts.clock, bills=bills_of(issuer_of(parts.settings)), heard=heard)
    took = time.perf_counter() - began
    if (done.state, done.new, done.matched) != ("done", LINES, MATCHED):
        raise AssertionError(f"{done.new} lines of {LINES} were new, {done.matched} of {MATCHED} matched")
    growth = memory[-1] - memory[len(memory) // 10]
    if growth > MEMORY_GROWTH_MB_MAX:
        raise AssertionError(f"memory grew by {growth:.0f} MB while the file was read")
    return took


def _bare(parts: Parts, run: int) -> float:
    """The lines that ours has just written, taken out as text, and copied in again."""
    columns = (
        "id, import_id, account_id, number, booked_on, booked_at, amount_minor, currency, reference, external_id, "
        "payer, payer_phone, details, fingerprint, suspense_entry_id, matched_minor"
    )
    raw = parts.db.engine.raw_connection()
    cursor = raw.cursor()
    ready = io.StringIO()
    try:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"CREATE TABLE bare_{run} (LIKE statement_line INCLUDING ALL)")
        for column, table in FOREIGN_KEYS.items():
            cursor.execute(f"ALTER TABLE bare_{run} ADD FOREIGN KEY ({column}) REFERENCES {table} (id)")
        cursor.execute(
            f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON bare_{run} FOR EACH ROW EXECUTE FUNCTION"
            " statement_guard_line()"
        )
        chosen = f"SELECT {columns.replace('matched_minor', '0')} FROM statement_line ORDER BY id DESC LIMIT {LINES}"
        cursor.copy_expert(f"COPY ({chosen}) TO STDOUT", ready)
        raw.commit()
        ready.seek(0)
        began = time.perf_counter()
        cursor.copy_expert(f"COPY bare_{run} ({columns}) FROM STDIN", ready)
        cursor.execute(
            f"UPDATE bare_{run} l SET explained = 'customer ' || c.id, explained_at = now() FROM customer c"
            " WHERE l.reference = 'SB' || c.number"
        )
        if cursor.rowcount != MATCHED:
            raise AssertionError(f"{cursor.rowcount} bare lines of {MATCHED} matched")
        raw.commit()
        return time.perf_counter() - began
    finally:
        cursor.close()
        raw.close()
