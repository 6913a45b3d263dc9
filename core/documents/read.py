"""Reading documents from the books, as they were issued, with what happened to them since."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import aliased

from core.billing.issue import document_number
from core.billing.models import Allocation, Invoice, InvoiceDue, InvoiceLine, InvoiceTax
from core.cash.check_receipt import drawer_number, is_voided
from core.cash.models import CashDrawer
from core.catalog.models import ExchangeRate
from core.customers.models import Customer
from core.days import Period, juba_day
from core.documents.papers import (
    Document,
    DocumentLine,
    DocumentRow,
    DocumentTax,
    PaidReceipt,
    Party,
    RateUsed,
    Service,
    Settled,
)
from core.errors import NotFound
from core.money import Money
from core.payments.models import Receipt
from core.staff.models import StaffMember
from core.subscriptions.models import Subscription

LISTED_MAX: Final = 200  # documents of one customer in a list
_NUMBER: Final = re.compile(r"(INV|CN|DN)-([0-9]{4})-([0-9]{6,9})")
_RECEIPT_NUMBER: Final = re.compile(r"[0-9]{1,20}")

_Corrected = aliased(Invoice)
_DOCUMENT: Final = (
    select(
        Invoice.__table__,
        InvoiceDue.due_minor,
        Subscription.number.label("service_number"),
        Subscription.place,
        _Corrected.series.label("corrected_series"),
        _Corrected.year.label("corrected_year"),
        _Corrected.number.label("corrected_number"),
        ExchangeRate.currency.label("rate_currency"),
        ExchangeRate.rate_millionths,
        ExchangeRate.day.label("rate_day"),
        ExchangeRate.source.label("rate_source"),
    )
    .outerjoin(InvoiceDue, InvoiceDue.invoice_id == Invoice.id)
    .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
    .outerjoin(_Corrected, _Corrected.id == Invoice.credits_id)
    .outerjoin(ExchangeRate, ExchangeRate.id == Invoice.exchange_rate_id)
)
_Note = aliased(Invoice)
_SETTLED: Final = (
    select(
        Allocation.at,
        Allocation.kind,
        Allocation.amount_minor,
        Allocation.reference,
        _Note.series,
        _Note.year,
        _Note.number,
    )
    .outerjoin(_Note, _Note.id == Allocation.note_id)
    .order_by(Allocation.id)
)


def document(connection: Connection, number: str) -> Document:
    """A document by the number printed on it.

    Raises:
        NotFound: there is none.
    """
    named = _NUMBER.fullmatch(number.strip().upper())
    row = None
    if named:
        series, year, ordinal = named.groups()
        row = connection.execute(
            _DOCUMENT.where(Invoice.series == series, Invoice.year == int(year), Invoice.number == int(ordinal))
        ).first()
    if row is None:
        raise NotFound(what="document")
    money = _money_in(row.currency)
    return Document(
        kind=row.kind,
        number=document_number(row.series, row.year, row.number),
        issued_on=row.issued_on,
        due_on=row.due_on,
        period=Period(row.period_from, row.period_next) if row.period_from else None,
        seller=_party(row.seller),
        buyer=_party(row.buyer),
        service=Service(row.service_number, row.place) if row.service_number else None,
        lines=_lines(connection, row),
        taxes=_taxes(connection, row),
        net=money(row.net_minor),
        tax=money(row.tax_minor),
        rounding=money(row.rounding_minor),
        total=money(row.total_minor),
        due=None if row.due_minor is None else money(row.due_minor),
        settled=_settled(connection, row),
        corrects=document_number(row.corrected_series, row.corrected_year, row.corrected_number)
        if row.corrected_series
        else None,
        reason=row.reason,
        rate=RateUsed(row.rate_currency, row.rate_millionths, row.rate_day, row.rate_source)
        if row.rate_currency
        else None,
        rounding_rule=row.rounding_rule,
    )


def documents_of(connection: Connection, customer_id: int) -> list[DocumentRow]:
    """A customer's documents, the newest first; at most `LISTED_MAX`."""
    rows = connection.execute(
        select(
            Invoice.kind,
            Invoice.series,
            Invoice.year,
            Invoice.number,
            Invoice.issued_on,
            Invoice.due_on,
            Invoice.total_minor,
            Invoice.currency,
            InvoiceDue.due_minor,
        )
        .outerjoin(InvoiceDue, InvoiceDue.invoice_id == Invoice.id)
        .where(Invoice.customer_id == customer_id)
        .order_by(Invoice.id.desc())
        .limit(LISTED_MAX)
    )
    return [
        DocumentRow(
            row.kind,
            document_number(row.series, row.year, row.number),
            row.issued_on,
            row.due_on,
            Money(row.total_minor, row.currency),
            None if row.due_minor is None else Money(row.due_minor, row.currency),
        )
        for row in rows
    ]


def paid_receipt(connection: Connection, number: str) -> PaidReceipt:
    """A receipt by its number, as it is printed.

    Raises:
        NotFound: there is none.
    """
    row = None
    if _RECEIPT_NUMBER.fullmatch(number):
        row = connection.execute(
            select(
                Receipt.__table__,
                Customer.number.label("account"),
                Customer.name,
                Customer.tin,
                Customer.address,
                StaffMember.name.label("staff"),
                CashDrawer.code.label("drawer"),
                is_voided().label("voided"),
            )
            .join(Customer, Customer.id == Receipt.customer_id)
            .outerjoin(StaffMember, StaffMember.id == Receipt.staff_id)
            .outerjoin(CashDrawer, CashDrawer.id == Receipt.drawer_id)
            .where(Receipt.number == number)
        ).first()
    if row is None:
        raise NotFound(what="receipt")
    return PaidReceipt(
        number=row.number,
        amount=Money(row.amount_minor, row.currency),
        provider=row.provider,
        # Of cash it is the key of our own form: nothing anybody could look up.
        reference=None if row.provider == "cash" else row.provider_reference,
        phone=row.payer_phone,
        staff=row.staff,
        received_at=row.received_at,
        customer=Party(row.name, row.tin, row.address, row.account),
        drawer_number=drawer_number(row.drawer, row.drawer_number) if row.drawer else None,
        check_code=row.check_code,
        voided=row.voided,
    )


def _lines(connection: Connection, row: Row[Any]) -> tuple[DocumentLine, ...]:
    money = _money_in(row.currency)
    found = connection.execute(
        select(
            InvoiceLine.kind, InvoiceLine.facts, InvoiceLine.from_day, InvoiceLine.next_day, InvoiceLine.amount_minor
        )
        .where(InvoiceLine.invoice_id == row.id)
        .order_by(InvoiceLine.position)
    )
    return tuple(
        DocumentLine(
            line.kind,
            line.facts,
            Period(line.from_day, line.next_day) if line.from_day and line.next_day else None,
            money(line.amount_minor),
        )
        for line in found
    )


def _taxes(connection: Connection, row: Row[Any]) -> tuple[DocumentTax, ...]:
    money = _money_in(row.currency)
    found = connection.execute(
        select(InvoiceTax.__table__).where(InvoiceTax.invoice_id == row.id).order_by(InvoiceTax.id)
    )
    return tuple(
        DocumentTax(
            tax.name_en,
            tax.name_ar,
            tax.rate_millionths,
            money(tax.base_minor),
            money(tax.amount_minor),
            tax.inclusive,
            tax.compound,
            tax.exemption,
        )
        for tax in found
    )


def _settled(connection: Connection, row: Row[Any]) -> tuple[Settled, ...]:
    money = _money_in(row.currency)
    return tuple(
        Settled(
            juba_day(part.at),
            part.kind,
            money(part.amount_minor),
            document_number(part.series, part.year, part.number) if part.series else part.reference,
        )
        for part in connection.execute(_SETTLED.where(Allocation.invoice_id == row.id))
    )


def _money_in(currency: str) -> Any:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    return money


def _party(stood: dict[str, Any]) -> Party:
    return Party(stood["name"], stood.get("tin") or None, stood.get("address") or None, stood.get("number"))
