"""What an owner wishes for themselves: a summary of the day by SMS, and their balance sent each day."""

from __future__ import annotations

from sqlalchemy import update

from core.db.engine import Transaction
from core.errors import NotAnOwner
from core.owners.models import WifiOwner


def set_daily_summary(tx: Transaction, *, owner_id: int, on: bool) -> None:
    """Whether they are texted in the morning what was sold the day before.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    _set(tx, owner_id, daily_summary=on)


def set_daily_payout(tx: Transaction, *, owner_id: int, on: bool) -> None:
    """Whether their balance is sent each day; else only when they ask for it.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    _set(tx, owner_id, daily_payout=on)


def _set(tx: Transaction, owner_id: int, **wishes: bool) -> None:
    changed = update(WifiOwner).where(WifiOwner.customer_id == owner_id).values(wishes)
    if tx.execute(changed.returning(WifiOwner.customer_id)).scalar() is None:
        raise NotAnOwner
