"""Registering a customer: a phone is enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import String, bindparam, func, insert, select

from core.customers.models import CUSTOMER_NUMBERS, Contact, Customer
from core.customers.names import clean_name
from core.db.engine import Transaction
from core.ids import with_check_digit
from core.ledger.accounts import open_account

CURRENCY: Final = "SSP"
# Two hops of one new phone at once: the second waits here and then finds the first one's customer.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("phone", type_=String), 0)))
_OWNER: Final = (
    select(Customer.id, Customer.number)
    .join(Contact, Contact.customer_id == Customer.id)
    .where(Contact.phone == bindparam("phone"))
)
_NEXT_NUMBER: Final = select(CUSTOMER_NUMBERS.next_value())
_WRITE_CUSTOMER: Final = insert(Customer).returning(Customer.id)
_WRITE_CONTACT: Final = insert(Contact)


@dataclass(frozen=True, slots=True)
class Registered:
    """A customer's identity. `again`: the phone was theirs already."""

    customer_id: int
    number: str
    again: bool


def register(
    tx: Transaction,
    *,
    phone: str,
    language: str,
    script: str | None,
    through: str,
    now: datetime,
    name: str = "",
    kind: str = "person",
) -> Registered:
    """Register the owner of a phone (E.164). Known already, nothing changes and `again` is true.

    Raises:
        InvalidName: a name was given that is none.
    """
    name = clean_name(name) if name else ""
    tx.execute(_WAIT_OUR_TURN, {"phone": phone})
    known = _owner_of(tx, phone)
    if known:
        return known
    number = with_check_digit(tx.execute(_NEXT_NUMBER).scalar_one())
    customer_id = tx.execute(
        _WRITE_CUSTOMER,
        {
            "number": number,
            "name": name,
            "kind": kind,
            "status": "active",
            "language": language,
            "script": script,
            "wallet_id": open_account(tx, f"wallet:{number}", CURRENCY),
            "registered_at": now,
            "registered_through": through,
        },
    ).scalar_one()
    tx.execute(_WRITE_CONTACT, {"customer_id": customer_id, "phone": phone, "is_main": True, "added_at": now})
    return Registered(customer_id, number, again=False)


def _owner_of(tx: Transaction, phone: str) -> Registered | None:
    row = tx.execute(_OWNER, {"phone": phone}).first()
    return Registered(row.id, row.number, again=True) if row else None
