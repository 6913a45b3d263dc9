"""Named reads of billing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from core.billing.billable import buyer_of
from core.billing.draft import Buyer
from core.billing.issue import document_number
from core.billing.models import Invoice, InvoiceDue
from core.catalog.taxes import HOME_CURRENCY
from core.customers.models import Customer
from core.errors import NotFound
from core.money import Money

_BUYER: Final = select(
    Customer.id.label("customer_id"),
    Customer.number,
    Customer.name,
    Customer.tin,
    Customer.address,
    Customer.wallet_id,
)
# Taken off already; or settled by what was no money: a note would hand it out as if it had come.
_CREDITED: Final = text("""
    SELECT (SELECT coalesce(sum(total_minor), 0) FROM invoice WHERE credits_id = :invoice AND kind = 'credit_note')
         + (SELECT coalesce(sum(amount_minor), 0) FROM allocation
            WHERE invoice_id = :invoice AND kind IN ('write_off', 'withholding'))
""")
_OWED: Final = text(
    """
    SELECT coalesce(sum(d.due_minor), 0),
           coalesce(sum(d.due_minor) FILTER (WHERE fair.due_on < CAST(:today AS date)), 0), min(fair.due_on), count(*)
    FROM invoice_due d JOIN invoice i ON i.id = d.invoice_id
    CROSS JOIN LATERAL (SELECT greatest(d.due_on, (i.issued_at AT TIME ZONE 'Africa/Juba')::date
                                                  + (d.due_on - i.issued_on)) AS due_on) fair
    WHERE d.customer_id = :customer AND d.due_minor > 0
    """
)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A document as its verbs need it. `due` is nothing for a credit note."""

    invoice_id: int
    kind: str
    number: str
    customer_id: int
    subscription_id: int | None
    issued_on: date
    due_on: date
    total: Money
    due: Money
    exchange_rate_id: int | None


@dataclass(frozen=True, slots=True)
class Owed:
    """What a customer owes in all, by when the first of it, and how many invoices that is."""

    total: Money
    overdue: Money
    first_due_on: date | None
    count: int


def buyer(connection: Connection, customer_id: int) -> Buyer:
    """A customer as they stand on a document.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BUYER.where(Customer.id == customer_id)).mappings().first()
    if row is None:
        raise NotFound(what="customer")
    return buyer_of(row)


def invoice_by_number(connection: Connection, number: str) -> InvoiceRow:
    """A document by the number printed on it.

    Raises:
        NotFound: there is none.
    """
    parts = number.strip().upper().split("-")
    if len(parts) != 3 or not (parts[1] + parts[2]).isdecimal() or len(parts[2]) > 9 or len(parts[1]) > 4:  # noqa: PLR2004
        raise NotFound(what="document")
    return _one(
        connection, (Invoice.series == parts[0]) & (Invoice.year == int(parts[1])) & (Invoice.number == int(parts[2]))
    )


def invoice(connection: Connection, invoice_id: int) -> InvoiceRow:
    """A document by its id.

    Raises:
        NotFound: there is none.
    """
    return _one(connection, Invoice.id == invoice_id)


def creditable(connection: Connection, row: InvoiceRow) -> Money:
    """How much of an invoice can still be credited: what is due on it, and what was paid in money.

    What was written off, or settled by a certificate, is not: the balance would be raised by money that never came.
    """
    credited = connection.execute(_CREDITED, {"invoice": row.invoice_id}).scalar_one()
    return row.total - Money(int(credited), HOME_CURRENCY)


def owed(connection: Connection, customer_id: int, today: date) -> Owed:
    """What a customer owes. A bill issued late is overdue when it has had its full days, as dunning counts them."""
    row = connection.execute(_OWED, {"customer": customer_id, "today": today}).one()
    return Owed(Money(int(row[0]), HOME_CURRENCY), Money(int(row[1]), HOME_CURRENCY), row[2], row[3])


def _one(connection: Connection, condition: Any) -> InvoiceRow:
    row = connection.execute(
        select(
            Invoice.id,
            Invoice.kind,
            Invoice.series,
            Invoice.year,
            Invoice.number,
            Invoice.customer_id,
            Invoice.subscription_id,
            Invoice.issued_on,
            Invoice.due_on,
            Invoice.total_minor,
            Invoice.exchange_rate_id,
            func.coalesce(InvoiceDue.due_minor, 0).label("due_minor"),
        )
        .outerjoin(InvoiceDue, InvoiceDue.invoice_id == Invoice.id)
        .where(condition)
    ).first()
    if row is None:
        raise NotFound(what="document")
    return InvoiceRow(
        row.id,
        row.kind,
        document_number(row.series, row.year, row.number),
        row.customer_id,
        row.subscription_id,
        row.issued_on,
        row.due_on,
        Money(row.total_minor, HOME_CURRENCY),
        Money(row.due_minor, HOME_CURRENCY),
        row.exchange_rate_id,
    )
