"""What we agree on with an owner beside money: whether they may sell, and how much they may give away."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import update

from core.db.engine import Transaction
from core.errors import NotAnOwner
from core.owners.locked import lock_owner
from core.owners.models import WifiOwner


def set_owner_state(tx: Transaction, *, owner_id: int, state: Literal["active", "suspended"]) -> None:
    """Stop an owner, or let them sell again. A sale that has begun ends first; what is paid for is still delivered.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    _change(tx, owner_id, state=state)


def set_giveaways(tx: Transaction, *, owner_id: int, day_max: int, once_per_phone_day: bool) -> None:
    """How many tokens a day they may give away, and whether a phone gets one of them only.

    Raises:
        NotAnOwner: nobody signed up so.
    """
    _change(tx, owner_id, giveaway_day_max=day_max, giveaway_once_per_phone_day=once_per_phone_day)


def set_gift_once(tx: Transaction, *, owner_id: int, once: bool) -> None:
    """The owner says whether a phone gets one of their free tokens a day only.

    Raises:
        NotAnOwner, OwnerSuspended, CustomerNotActive: they may say nothing now.
    """
    lock_owner(tx, owner_id)
    _change(tx, owner_id, giveaway_once_per_phone_day=once)


def _change(tx: Transaction, owner_id: int, **values: object) -> None:
    changed = update(WifiOwner).where(WifiOwner.customer_id == owner_id).values(values)
    if tx.execute(changed.returning(WifiOwner.customer_id)).scalar() is None:
        raise NotAnOwner
