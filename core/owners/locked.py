"""An owner, locked: who sell for them follow one another, and a suspension comes before a sale or after it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select

from core.customers.models import Customer
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NotAnOwner, OwnerSuspended
from core.owners.models import WifiOwner

_OWNER: Final = (
    select(WifiOwner, Customer.status, Customer.number)
    .join(Customer, Customer.id == WifiOwner.customer_id)
    .where(WifiOwner.customer_id == bindparam("owner_id"))
    .with_for_update(of=WifiOwner, key_share=True)
)


def find_owner(tx: Transaction, owner_id: int) -> Any:
    """The row of an owner, locked, whatever their state.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    row = tx.execute(_OWNER, {"owner_id": owner_id}).mappings().first()
    if row is None:
        raise NotAnOwner
    return row


def refuse_unless_active(row: Any) -> None:
    """Refuse what only an owner who is active may do, or have done for them.

    Raises:
        OwnerSuspended: they may sell nothing now.
        CustomerNotActive: as customers they are suspended or closed.
    """
    if row["state"] != "active":
        raise OwnerSuspended
    if row["status"] != "active":
        raise CustomerNotActive(number=row["number"])


def lock_owner(tx: Transaction, owner_id: int) -> Any:
    """The row of an owner who is active, locked.

    Raises:
        NotAnOwner, OwnerSuspended, CustomerNotActive: they may do nothing now.
    """
    row = find_owner(tx, owner_id)
    refuse_unless_active(row)
    return row
