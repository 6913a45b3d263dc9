"""A statement that fits an SMS: what is owed, the last bills and what is left of each, and the balance."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from core.billing.issue import document_number
from core.billing.models import Invoice, InvoiceDue
from core.billing.queries import owed
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import Account
from core.days import juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from core.languages import say
from core.messaging.queue_text import queue_text
from core.money import Money

BILLS_MAX: Final = 3
# A line each; amounts without the currency, which the head names.
_LEFT: Final = _("{invoice}: {amount}, left {left}")
_PAID: Final = _("{invoice}: {amount}, paid")


def text_statement(tx: Transaction, *, customer: Account, phone: str, request_key: str, now: datetime) -> None:
    """Text a customer's statement to the phone that asked for it. Once per `request_key`."""
    bills = bill_lines(last_bills(tx.connection, customer.customer_id), customer.tongue)
    facts: dict[str, object] = {"balance": customer.balance}
    if bills:
        due = owed(tx.connection, customer.customer_id, juba_day(now)).total
        facts |= {"due": due, "bills": bills}
    queue_text(
        tx,
        phone=phone,
        tongue=customer.tongue,
        template="statement" if bills else "statement_empty",
        key=f"statement:{request_key}",
        now=now,
        facts=facts,
    )


def last_bills(connection: Connection, customer_id: int) -> list[tuple[str, Money, Money]]:
    """The last bills: number, amount and what is left to pay of it, the newest first."""
    rows = connection.execute(
        select(Invoice.series, Invoice.year, Invoice.number, Invoice.total_minor, InvoiceDue.due_minor)
        .join(InvoiceDue, InvoiceDue.invoice_id == Invoice.id)
        .where(Invoice.customer_id == customer_id, Invoice.kind != "credit_note")
        .order_by(Invoice.id.desc())
        .limit(BILLS_MAX)
    )
    return [
        (
            document_number(row.series, row.year, row.number),
            Money(row.total_minor, HOME_CURRENCY),
            Money(row.due_minor, HOME_CURRENCY),
        )
        for row in rows
    ]


def bill_lines(bills: list[tuple[str, Money, Money]], tongue: str) -> str:
    """Each bill on a line, in the reader's language."""
    return "\n".join(
        say(tongue, _LEFT if left else _PAID, invoice=number, amount=_bare(amount), left=_bare(left))
        for number, amount, left in bills
    )


def _bare(amount: Money) -> str:
    return str(amount).removeprefix(f"{HOME_CURRENCY} ")
