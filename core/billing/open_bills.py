"""The bills a customer has not paid yet, as staff look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from core.billing.issue import document_number
from core.billing.models import Invoice, InvoiceDue
from core.catalog.taxes import HOME_CURRENCY
from core.money import Money

BILLS_SHOWN_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class OpenBill:
    """An invoice or debit note with something due on it."""

    invoice_id: int
    number: str
    due_on: date
    due: Money


def open_bills(connection: Connection, customer_id: int) -> list[OpenBill]:
    """A customer's unpaid bills, the first due first, at most `BILLS_SHOWN_MAX`."""
    rows = connection.execute(
        select(Invoice.id, Invoice.series, Invoice.year, Invoice.number, InvoiceDue.due_on, InvoiceDue.due_minor)
        .join(Invoice, Invoice.id == InvoiceDue.invoice_id)
        .where(InvoiceDue.customer_id == customer_id, InvoiceDue.due_minor > 0)
        .order_by(InvoiceDue.due_on, Invoice.id)
        .limit(BILLS_SHOWN_MAX)
    )
    return [
        OpenBill(
            row.id,
            document_number(row.series, row.year, row.number),
            row.due_on,
            Money(row.due_minor, HOME_CURRENCY),
        )
        for row in rows
    ]
