"""Finding a customer by what they say at the counter: a name, a phone, an account number, a receipt, MTN's number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from core.cash.check_receipt import drawer_number
from core.cash.models import CashDrawer, ReceiptVoid
from core.customers.models import Contact, Customer
from core.customers.queries import search
from core.errors import NotFound
from core.money import Money
from core.payments.models import Receipt
from core.phones import western_digits
from core.staff.models import StaffMember

NUMBER_DIGITS_MAX: Final = 20
_AROUND: Final = " #.,:;!?()[]\"'\u060c\u061b\u061f"  # what people write around a number, the Arabic signs too
_NUMBERS: Final = re.compile(r"\d+(?: \d+)*", re.ASCII)
_IN_A_DRAWER: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,19})-(\d{6,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer in a list of results."""

    number: str
    name: str
    status: str
    phone: str


@dataclass(frozen=True, slots=True)
class ReceiptCopy:
    """A receipt as it is printed. `void` is what became of the wish to take it back: None, `waiting` or `done`."""

    number: str
    amount: Money
    provider: str
    provider_reference: str
    phone: str | None
    staff: str | None
    received_at: datetime
    customer_number: str
    customer_name: str
    drawer_number: str | None
    check_code: str | None
    void: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What fits the words."""

    customers: tuple[FoundCustomer, ...]
    receipt: ReceiptCopy | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a customer told us of themselves. The main phone stands first."""

    customer_id: int
    number: str
    name: str
    kind: str
    status: str
    language: str
    script: str | None
    registered_at: datetime
    phones: tuple[str, ...]


def find(connection: Connection, words: str) -> Found:
    """Customers by part of a name or phone, by account number; a receipt by any number it has.

    Ours, its check code, the one of its drawer, or the provider's.
    """
    words = western_digits(words).strip(_AROUND)
    if not words:
        return Found((), None)
    customers = tuple(FoundCustomer(row[1], row[2], row[3], row[4]) for row in search(connection, words))
    return Found(customers, _receipt_said(connection, words))


def _receipt_said(connection: Connection, words: str) -> ReceiptCopy | None:
    """The receipt whose number is among the words, in groups or not; else that of a payment the provider calls so."""
    said = [found.replace(" ", "") for found in _NUMBERS.findall(words)]
    ours = [number for number in said if _is_number(number)]
    theirs = said + [word.strip(_AROUND) for word in words.split()]
    return (
        _receipt(connection, Receipt.number.in_(ours) | Receipt.check_code.in_(ours))
        or _receipt_of_drawer(connection, words)
        or _receipt(connection, Receipt.provider_reference.in_(theirs) & (Receipt.provider != "cash"))
    )


def _receipt_of_drawer(connection: Connection, words: str) -> ReceiptCopy | None:
    """A receipt by its number in its drawer, as it is printed: `COUNTER-000123`."""
    said = _IN_A_DRAWER.search(words.lower())
    if said is None:
        return None
    return _receipt(connection, (CashDrawer.code == said[1]) & (Receipt.drawer_number == int(said[2])))


def receipt(connection: Connection, number: str) -> ReceiptCopy:
    """A receipt by its number.

    Raises:
        NotFound: there is none.
    """
    found = _receipt(connection, Receipt.number == number) if _is_number(number) else None
    if found is None:
        raise NotFound(what="receipt")
    return found


def profile(connection: Connection, number: str) -> Profile:
    """A customer by account number.

    Raises:
        NotFound: there is none.
    """
    row = None
    if _is_number(number):
        row = connection.execute(
            select(
                Customer.id,
                Customer.number,
                Customer.name,
                Customer.kind,
                Customer.status,
                Customer.language,
                Customer.script,
                Customer.registered_at,
            ).where(Customer.number == number)
        ).first()
    if row is None:
        raise NotFound(what="customer")
    phones = connection.execute(
        select(Contact.phone).where(Contact.customer_id == row.id).order_by(Contact.is_main.desc(), Contact.id)
    )
    return Profile(*row, phones=tuple(phones.scalars()))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX


def _receipt(connection: Connection, which: ColumnElement[bool]) -> ReceiptCopy | None:
    row = connection.execute(
        select(
            Receipt.number,
            Receipt.amount_minor,
            Receipt.currency,
            Receipt.provider,
            Receipt.provider_reference,
            Receipt.payer_phone,
            StaffMember.name.label("staff"),
            Receipt.received_at,
            Customer.number.label("customer_number"),
            Customer.name.label("customer_name"),
            CashDrawer.code.label("drawer"),
            Receipt.drawer_number,
            Receipt.check_code,
            ReceiptVoid.state.label("void"),
        )
        .join(Customer, Customer.id == Receipt.customer_id)
        .outerjoin(StaffMember, StaffMember.id == Receipt.staff_id)
        .outerjoin(CashDrawer, CashDrawer.id == Receipt.drawer_id)
        .outerjoin(ReceiptVoid, (ReceiptVoid.receipt_id == Receipt.id) & (ReceiptVoid.state != "refused"))
        .where(which)
        .order_by(Receipt.id)
    ).first()
    if row is None:
        return None
    return ReceiptCopy(
        row.number,
        Money(row.amount_minor, row.currency),
        row.provider,
        row.provider_reference,
        row.payer_phone,
        row.staff,
        row.received_at,
        row.customer_number,
        row.customer_name,
        drawer_number(row.drawer, row.drawer_number) if row.drawer else None,
        row.check_code,
        row.void,
    )
