"""Changing the script that an operator's phones are written in."""

from __future__ import annotations

from sqlalchemy import update

from core.customers.models import PhoneNetwork
from core.db.engine import Transaction
from core.errors import NotFound
from core.languages import Script


def set_script(tx: Transaction, *, network: str, script: Script) -> None:
    """Write to the phones of an operator (`mtn`) in this script, wherever the customer has not chosen one.

    Raises:
        NotFound: there is no such network.
    """
    changed = tx.execute(
        update(PhoneNetwork).where(PhoneNetwork.code == network).values(script=script).returning(PhoneNetwork.code)
    ).scalar()
    if changed is None:
        raise NotFound(what="network")
