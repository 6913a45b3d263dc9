"""A customer's last receipts by SMS, and whether a receipt is good for whoever holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, exists, select

from core.customers.queries import Account
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from core.languages import say
from core.ledger.models import LedgerEntry
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.models import Receipt

RECEIPTS_MAX: Final = 5
_LINE: Final = _("{day}: {amount}, receipt {receipt}")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt as it is told: its day in Juba, amount and number."""

    day: str
    amount: Money
    number: str


def last_receipts(connection: Connection, customer_id: int, limit: int = RECEIPTS_MAX) -> list[ReceiptLine]:
    """The last receipts of a customer that are good, the newest first: what was taken back is none."""
    rows = connection.execute(
        select(Receipt.received_at, Receipt.amount_minor, Receipt.currency, Receipt.number)
        .where(Receipt.customer_id == customer_id, ~exists().where(LedgerEntry.reverses_id == Receipt.entry_id))
        .order_by(Receipt.id.desc())
        .limit(limit)
    )
    return [
        ReceiptLine(f"{juba_day(row.received_at):%d/%m}", Money(row.amount_minor, row.currency), row.number)
        for row in rows
    ]


def receipt_lines(receipts: Sequence[ReceiptLine], tongue: str) -> str:
    """Each receipt on a line, in the reader's language."""
    return "\n".join(say(tongue, _LINE, day=one.day, amount=one.amount, receipt=one.number) for one in receipts)


def text_receipts(tx: Transaction, *, customer: Account, phone: str, request_key: str, now: datetime) -> None:
    """Text a customer's last receipts to the phone that asked for them. Once per `request_key`."""
    receipts = last_receipts(tx.connection, customer.customer_id)
    queue_text(
        tx,
        phone=phone,
        tongue=customer.tongue,
        template="receipts" if receipts else "receipts_none",
        key=f"receipts:{request_key}",
        now=now,
        facts={"receipts": receipt_lines(receipts, customer.tongue)} if receipts else {},
    )
