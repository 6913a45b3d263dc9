"""A customer becomes a Wi-Fi owner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import CustomerNotActive, HelpsAlready
from core.owners.limits import GIVEAWAY_DAY_MAX
from core.owners.models import WifiHelper, WifiOwner


def sign_up_owner(tx: Transaction, *, customer: Account, now: datetime) -> bool:
    """Make a customer an owner. False: they were one.

    Raises:
        CustomerNotActive: suspended or closed.
        HelpsAlready: they sell for another owner now.
    """
    if customer.status != "active":
        raise CustomerNotActive(number=customer.number)
    helps = exists().where(WifiHelper.helper_id == customer.customer_id, WifiHelper.removed_at.is_(None))
    if tx.execute(select(helps)).scalar():
        raise HelpsAlready(phone=customer.main_phone)
    made = (
        upsert(WifiOwner)
        .values(customer_id=customer.customer_id, giveaway_day_max=GIVEAWAY_DAY_MAX, signed_up_at=now)
        .on_conflict_do_nothing()
        .returning(WifiOwner.customer_id)
    )
    return tx.execute(made).scalar() is not None
