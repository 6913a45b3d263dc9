"""Texting each issued invoice once, as one line: its number, how much, until when, and how to pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import text, update

from core.billing.dunning_rule import fair_due_day, may_text
from core.billing.issue import document_number
from core.billing.models import InvoiceDue
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import account
from core.days import day_said
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money

LOG = log("billing.tell")
BATCH_MAX: Final = 50  # invoices a transaction: payments of theirs wait no longer than it takes
_UNTOLD: Final = text(
    "SELECT invoice_id FROM invoice_due WHERE told_at IS NULL AND invoice_id > :after ORDER BY invoice_id LIMIT :most"
)
_TAKE: Final = text(
    """
    SELECT d.invoice_id, d.customer_id, d.due_minor, d.due_on, i.issued_on, i.issued_at, i.series, i.year, i.number,
           (SELECT coalesce(sum(a.amount_minor), 0) FROM allocation a
            WHERE a.invoice_id = d.invoice_id AND a.kind IN ('payment', 'taken_back')) AS paid_minor
    FROM invoice_due d JOIN invoice i ON i.id = d.invoice_id
    WHERE d.invoice_id = ANY(:ids) AND d.told_at IS NULL
    ORDER BY d.invoice_id FOR UPDATE OF d SKIP LOCKED
    """
)


def tell_invoices(db: Database, *, now: datetime, code: str) -> int:
    """Text every invoice and debit note nobody was told of yet. Returns how many texts were queued.

    Only in the hours of texts. Told and marked in one transaction: killed anywhere, each is told once. One that
    fails is told of in the log and holds up no other. `code` is what people dial to pay.
    """
    told = 0
    after: int | None = 0 if may_text(now) else None
    while after is not None:
        with db.reading() as connection:
            ids = connection.execute(_UNTOLD, {"after": after, "most": BATCH_MAX}).scalars().all()
        try:
            told += db.run(partial(_tell, ids=ids, now=now, code=code))
        except Exception:
            LOG.exception("a batch of invoices was not told; they are told one by one")
            told += sum(_tell_one(db, invoice_id, now, code) for invoice_id in ids)
        after = ids[-1] if len(ids) == BATCH_MAX else None
    return told


def _tell_one(db: Database, invoice_id: int, now: datetime, code: str) -> int:
    try:
        return db.run(partial(_tell, ids=[invoice_id], now=now, code=code))
    except Exception:
        LOG.exception("invoice not told", invoice=invoice_id)
        return 0


def _tell(tx: Transaction, ids: Sequence[int], now: datetime, code: str) -> int:
    rows = tx.execute(_TAKE, {"ids": list(ids)}).all()
    taken = [row.invoice_id for row in rows]
    tx.execute(update(InvoiceDue).where(InvoiceDue.invoice_id.in_(taken)).values(told_at=now))
    return sum(_queue(tx, row, now, code) for row in rows)


def _queue(tx: Transaction, row: Any, now: datetime, code: str) -> bool:
    """Queue an invoice's text. False: it was settled by a note before anybody heard of it; there is nothing to say."""
    due, paid = Money(row.due_minor, HOME_CURRENCY), Money(int(row.paid_minor), HOME_CURRENCY)
    if not due and not paid:
        return False
    customer = account(tx.connection, row.customer_id)
    return queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="bill_issued" if due else "bill_paid",
        key=f"bill:{row.invoice_id}",
        now=now,
        facts={
            "invoice": document_number(row.series, row.year, row.number),
            "amount": due or paid,
            "day": day_said(fair_due_day(row.due_on, row.issued_on, row.issued_at)),
            "code": code,
        },
    )
