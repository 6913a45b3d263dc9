"""Changing what we know of a customer: name, language, phones, status."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update

from core.customers.models import Contact, Customer
from core.customers.names import clean_name
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, PhoneTaken

PHONES_PER_CUSTOMER_MAX: Final = 10


def set_language(tx: Transaction, *, customer_id: int, language: str, script: str | None) -> None:
    """Speak to the customer in this language and script from now on."""
    tx.execute(update(Customer).where(Customer.id == customer_id).values(language=language, script=script))


def rename(tx: Transaction, *, customer_id: int, name: str) -> None:
    """Give the customer a name.

    Raises:
        InvalidName: that is no name.
    """
    tx.execute(update(Customer).where(Customer.id == customer_id).values(name=clean_name(name)))


def set_status(tx: Transaction, *, customer_id: int, status: str) -> None:
    """Make a customer active, suspended or closed. Who is closed stays closed.

    Raises:
        NotPossibleNow: the customer is closed.
    """
    moved = tx.execute(
        update(Customer)
        .where(Customer.id == customer_id, Customer.status != "closed")
        .values(status=status)
        .returning(Customer.id)
    ).scalar()
    if moved is None:
        raise NotPossibleNow(what="customer", state="closed")


def add_phone(tx: Transaction, *, customer_id: int, phone: str, now: datetime) -> None:
    """Give the customer one more phone. Theirs already, nothing changes.

    Raises:
        NotFound: no such customer.
        PhoneTaken: it is another customer's, or the customer has the most phones allowed.
    """
    # The customer's row is locked, so that two phones added at once cannot pass the limit together.
    if tx.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update()).scalar() is None:
        raise NotFound(what="customer")
    # As registering does: who registers this very phone now is waited for, and found.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(phone, 0))))
    owner = tx.execute(select(Contact.customer_id).where(Contact.phone == phone)).scalar()
    if owner == customer_id:
        return
    count = tx.execute(select(func.count()).select_from(Contact).where(Contact.customer_id == customer_id)).scalar_one()
    if owner is not None or count >= PHONES_PER_CUSTOMER_MAX:
        raise PhoneTaken(phone=phone)
    tx.execute(insert(Contact).values(customer_id=customer_id, phone=phone, is_main=False, added_at=now))
