"""Named reads about customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Row, bindparam, case, func, or_, select

from core.customers.models import Contact, Customer, PhoneNetwork
from core.languages import Tongue, tongue_of
from core.ledger.models import LedgerAccount
from core.money import Money
from core.phones import OPERATORS, operator_of

FOUND_MAX: Final = 50
DEFAULT_SCRIPT: Final = "arabic"
# The script of the main phone's network, within the same read: the operator of +211 9x xxx xxxx by its prefix.
_SCRIPT: Final = (
    select(PhoneNetwork.script)
    .where(PhoneNetwork.code == case(OPERATORS, value=func.substr(Contact.phone, 5, 2)))
    .correlate(Contact)
    .scalar_subquery()
)
_ACCOUNTS: Final = (
    select(
        Customer.id,
        Customer.number,
        Customer.name,
        Customer.status,
        Customer.language,
        Customer.script,
        Customer.wallet_id,
        Contact.phone,
        LedgerAccount.balance_minor,
        LedgerAccount.currency,
        _SCRIPT.label("network_script"),
    )
    .join(Contact, (Contact.customer_id == Customer.id) & Contact.is_main)
    .join(LedgerAccount, LedgerAccount.id == Customer.wallet_id)
)
_ACCOUNT: Final = _ACCOUNTS.where(Customer.id == bindparam("customer_id"))
# An array, not a list of thousands of parameters: to write those out costs more than the query.
_ACCOUNTS_OF: Final = _ACCOUNTS.where(Customer.id == func.any(bindparam("customer_ids", type_=ARRAY(BigInteger))))
_CUSTOMER_OF_PHONE: Final = select(Contact.customer_id).where(Contact.phone == bindparam("phone"))
_ACCOUNT_OF_PHONE: Final = _ACCOUNTS.where(Customer.id == _CUSTOMER_OF_PHONE.scalar_subquery())


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as the rest of the house needs them: identity, main phone, tongue, and what they have."""

    customer_id: int
    number: str
    name: str
    status: str
    tongue: Tongue
    main_phone: str
    wallet_id: int
    balance: Money


def network_script(connection: Connection, phone: str) -> str:
    """The script phones of this number's network can show."""
    script = connection.execute(
        select(PhoneNetwork.script).where(PhoneNetwork.code == (operator_of(phone) or ""))
    ).scalar()
    return script or DEFAULT_SCRIPT


def networks(connection: Connection) -> Sequence[Row[str, str, str]]:
    """The operators' networks: rows of (code, name, script)."""
    return connection.execute(
        select(PhoneNetwork.code, PhoneNetwork.name, PhoneNetwork.script).order_by(PhoneNetwork.code)
    ).all()


def account(connection: Connection, customer_id: int) -> Account:
    """The account of a customer that exists."""
    return _account(connection.execute(_ACCOUNT, {"customer_id": customer_id}).one())


def accounts_of(connection: Connection, customer_ids: Collection[int]) -> dict[int, Account]:
    """The accounts of several customers that exist, by their ids."""
    if not customer_ids:
        return {}
    rows = connection.execute(_ACCOUNTS_OF, {"customer_ids": sorted(customer_ids)})
    return {row.id: _account(row) for row in rows}


def account_of_phone(connection: Connection, phone: str) -> Account | None:
    """The account behind a phone (E.164); None when nobody is registered under it."""
    found = connection.execute(_ACCOUNT_OF_PHONE, {"phone": phone}).one_or_none()
    return _account(found) if found else None


def _account(row: Any) -> Account:
    return Account(
        row.id,
        row.number,
        row.name,
        row.status,
        tongue_of(row.language, row.script, row.network_script or DEFAULT_SCRIPT),
        row.phone,
        row.wallet_id,
        Money(row.balance_minor, row.currency),
    )


def tongue_for(connection: Connection, phone: str, otherwise: Tongue = "en") -> Tongue:
    """How to speak to a phone: as its customer wants; a stranger as `otherwise`, in a script their network shows."""
    row = connection.execute(
        select(Customer.language, Customer.script)
        .join(Contact, Contact.customer_id == Customer.id)
        .where(Contact.phone == phone)
    ).first()
    if row is None:
        return tongue_of("en" if otherwise == "en" else "ar", None, network_script(connection, phone))
    return tongue_of(row.language, row.script, network_script(connection, phone))


def search(connection: Connection, words: str) -> Sequence[Row[int, str, str, str, str]]:
    """Customers by part of a name or phone, or by number: at most `FOUND_MAX`, best known first.

    Rows of (id, number, name, status, main phone).
    """
    digits = "".join(character for character in words if character.isdecimal()).lstrip("0")
    # % and _ are what people type, not patterns.
    pattern = words.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    ways: list[ColumnElement[bool]] = [func.lower(Customer.name).like(f"%{pattern}%")]
    if digits:
        with_phone = select(Contact.customer_id).where(Contact.phone.like(f"%{digits}%"))
        ways += [Customer.number == digits, Customer.id.in_(with_phone)]
    return connection.execute(
        select(Customer.id, Customer.number, Customer.name, Customer.status, Contact.phone)
        .join(Contact, (Contact.customer_id == Customer.id) & Contact.is_main)
        .where(or_(*ways))
        .order_by(func.lower(Customer.name), Customer.id)
        .limit(FOUND_MAX)
    ).all()
