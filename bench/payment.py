"""A confirmed payment of a bill, posted: against a bare script that writes the same rows into the same tables.

Ours is `core.payments.settle` with what the worker has it do: intent and its move, the entry and its postings, the
receipt, the allocation to the open invoice with its own entry, the text to the customer and both outbox rows, in one
transaction. The bare script knows all it writes beforehand, looks nothing up, and sends each table one statement. Both
run under the same triggers and constraints, in turn, one payment a transaction; afterwards the rows are counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import psycopg2
from sqlalchemy import make_url, text

from bench import Measured, compare
from bench.house import servers
from bench.monthly import plant
from core.billing.draft import issuer_of
from core.billing.fulfil import bill_fulfilments
from core.billing.run import bill_due
from core.db.migrate import migrate
from core.parts import Parts, assemble
from core.payments.settle import settle
from core.settings import load

RUNS: Final = 5
PAYMENTS_A_RUN: Final = 300
AMOUNT_MINOR: Final = 10_000_00
BILLED_ON: Final = date(2026, 2, 1)
PAID_AT: Final = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
TABLES: Final = (
    "ledger_entry",
    "ledger_posting",
    "receipt",
    "payment_intent_move",
    "allocation",
    "text_message",
    "outbox",
)
_INTENTS: Final = """
    INSERT INTO payment_intent (reference, request_key, rail, platform, customer_id, payer_phone, amount_minor,
                                currency, purpose, purpose_body, state, created_at, submitted_at, ask_again_at, asks)
      SELECT gen_random_uuid(), 'bench:' || c.id, 'mtn-momo', 'bench', c.id, p.phone, :amount, 'SSP', 'bill', '{}',
             'submitted', :at, :at, :at, 1
      FROM customer c JOIN contact p ON p.customer_id = c.id WHERE c.name LIKE 'Customer %'
"""
_FACTS: Final = """
    SELECT i.id AS intent_id, i.reference, i.customer_id, p.phone, c.wallet_id, r.id AS receivable_id, d.invoice_id
    FROM payment_intent i JOIN customer c ON c.id = i.customer_id JOIN contact p ON p.customer_id = c.id
    JOIN ledger_account r ON r.code = 'receivable:' || c.number || '\\:SSP'
    JOIN invoice_due d ON d.customer_id = c.id ORDER BY i.id
"""


def measure() -> Measured:
    """Rates in payments a second: ours, and of the bare script."""
    with servers() as environ:
        parts = assemble(load(environ), ring=lambda _bell: None)
        migrate(parts.db.engine)
        plant(parts, 2 * (RUNS + 1) * PAYMENTS_A_RUN)
        issuer = issuer_of(parts.settings)
        bill_due(parts.db, day=BILLED_ON, issuer=issuer, now=datetime(2026, 2, 1, 10, 0, tzinfo=UTC))
        with parts.db.transaction() as tx:
            tx.execute(text(_INTENTS), {"amount": AMOUNT_MINOR, "at": PAID_AT})
        with parts.db.reading() as connection:
            connection.execute(text("VACUUM ANALYZE"))
            intents = list(connection.execute(text(_FACTS)).mappings())
        ours, bare = _Ours(parts), _Bare(environ["DATABASE_URL"], parts)
        turns = [intents[n : n + PAYMENTS_A_RUN] for n in range(0, len(intents), PAYMENTS_A_RUN)]
        _same_rows(parts, ours, bare, turns[0], turns[1])
        rates: tuple[list[float], list[float]] = ([], [])
        for number in range(2, len(turns), 2):
            for side, turn, into in ((ours, turns[number], rates[0]), (bare, turns[number + 1], rates[1])):
                began = time.perf_counter()
                side.pay(turn)
                into.append(len(turn) / (time.perf_counter() - began))
        bare.close()
        parts.db.close()
    return compare("payment", "payments/s", *rates)


class _Ours:
    """As the worker settles."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._fulfil = bill_fulfilments(issuer=issuer_of(parts.settings))

    def pay(self, intents: Sequence[Any]) -> None:
        for one in intents:
            self._parts.db.run(
                lambda tx, one=one: settle(  # type: ignore[misc]
                    tx,
                    intent_id=one["intent_id"],
                    provider_reference=f"P{one['intent_id']}",
                    now=PAID_AT,
                    why={"says": "successful"},
                    fulfil=self._fulfil,
                )
            )


class _Bare:
    """The same rows by psycopg2 alone."""

    def __init__(self, url: str, parts: Parts) -> None:
        self._connection = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
        with parts.db.reading() as connection:
            momo = "SELECT id FROM ledger_account WHERE code = 'momo:mtn\\:SSP'"
            found = connection.execute(text(momo)).scalar()
        self._momo = found

    def close(self) -> None:
        self._connection.close()

    def pay(self, intents: Sequence[Any]) -> None:
        for one in intents:
            with self._connection, self._connection.cursor() as cursor:
                self._pay(cursor, one)

    def _pay(self, cursor: Any, one: Any) -> None:
        if self._momo is None:
            cursor.execute("SELECT id FROM ledger_account WHERE code = 'momo:mtn:SSP'")
            self._momo = cursor.fetchone()[0]
        key, at = one["intent_id"], PAID_AT
        cursor.execute(
            "INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo) VALUES "
            "(%s, 'payment', %s, %s, 2, '\\x00', '{}'), (%s, 'allocation', %s, %s, 2, '\\x00', '{}') RETURNING id",
            (f"bare:payment:{key}", at, at, f"bare:allocation:{key}", at, at),
        )
        paid, settled = (row[0] for row in cursor.fetchall())
        cursor.execute(
            "INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor) VALUES "
            "(%s, %s, 'SSP', %s), (%s, %s, 'SSP', %s), (%s, %s, 'SSP', %s), (%s, %s, 'SSP', %s)",
            (
                *(paid, self._momo, -AMOUNT_MINOR, paid, one["wallet_id"], AMOUNT_MINOR),
                *(settled, one["wallet_id"], -AMOUNT_MINOR, settled, one["receivable_id"], AMOUNT_MINOR),
            ),
        )
        cursor.execute(
            "INSERT INTO receipt (number, check_code, customer_id, intent_id, entry_id, provider, provider_reference, "
            "payer_phone, amount_minor, currency, received_at) "
            "VALUES (%s, %s, %s, %s, %s, 'mtn-momo', %s, %s, %s, 'SSP', %s)",
            (f"B{key}", f"B{key}", one["customer_id"], key, paid, f"B{key}", one["phone"], AMOUNT_MINOR, at),
        )
        cursor.execute(
            "UPDATE payment_intent SET state = 'paid', ended_at = %s, provider_reference = %s, ask_again_at = NULL "
            "WHERE id = %s",
            (at, f"B{key}", key),
        )
        cursor.execute(
            "INSERT INTO payment_intent_move (intent_id, from_state, to_state, at, why) "
            "VALUES (%s, 'submitted', 'paid', %s, '{}')",
            (key, at),
        )
        cursor.execute(
            "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at) VALUES (%s, 'payment', %s, %s, %s)",
            (one["invoice_id"], AMOUNT_MINOR, settled, at),
        )
        self._tell(cursor, one)

    @staticmethod
    def _tell(cursor: Any, one: Any) -> None:
        key, at = one["intent_id"], PAID_AT
        shown = f"Received SSP 10,000 by MoMo, receipt B{key}. SSP 10,000 paid your bills. Still due: SSP 50,000."
        cursor.execute(_WRITE_TEXT, (one["phone"], shown, at, at))
        message = json.dumps({"message": cursor.fetchone()[0]})
        cursor.execute(
            "INSERT INTO outbox (kind, key, body, state, due_at, created_at, attempts) VALUES "
            "('momo.note', %s, %s, 'waiting', %s, %s, 0), ('sms', %s, %s, 'waiting', %s, %s, 0)",
            (f"bare:{key}", json.dumps({"intent": key}), at, at, f"bare:{key}", message, at, at),
        )


_WRITE_TEXT: Final = (
    "INSERT INTO text_message (phone, template, shown, encoding, segments, state, queued_at, state_at) "
    "VALUES (%s, 'bills_settled', %s, 'gsm7', 1, 'queued', %s, %s) RETURNING id"
)


def _same_rows(parts: Parts, ours: _Ours, bare: _Bare, first: Sequence[Any], second: Sequence[Any]) -> None:
    """Both sides once, to warm them up; a bench that compares different work is refused."""
    counts = []
    for side, turn in ((ours, first), (bare, second)):
        before = _counts(parts)
        side.pay(turn)
        counts.append({name: number - before[name] for name, number in _counts(parts).items()})
    if counts[0] != counts[1]:
        raise AssertionError(f"ours wrote {counts[0]}, the bare script {counts[1]}")


def _counts(parts: Parts) -> dict[str, int]:
    with parts.db.reading() as connection:
        return {name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in TABLES}
