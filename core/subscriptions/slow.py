"""Slowing a service down for an unpaid bill, and back. It stays on: a slow line can still pay."""

from __future__ import annotations

from dataclasses import replace

from core.days import juba_day
from core.db.engine import Transaction
from core.subscriptions import access
from core.subscriptions.queries import locked
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of


def slow(tx: Transaction, *, subscription_id: int, by: By) -> bool:
    """Make an active service slow. False: it was slow already.

    Raises:
        NotPossibleNow: it is not active.
    """
    return _set(tx, subscription_id, "slow", by, slowed=True)


def unslow(tx: Transaction, *, subscription_id: int, by: By) -> bool:
    """Give a service its speed back. False: it had it."""
    return _set(tx, subscription_id, "unslow", by, slowed=False)


def _set(tx: Transaction, subscription_id: int, verb: str, by: By, *, slowed: bool) -> bool:
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, verb)
    if service.slowed == slowed:
        return False
    state = move(tx, service, verb, by, {}, slowed=slowed)
    access.set_speed(
        tx,
        replace(service, state=state, slowed=slowed),
        tariff_of(tx, service, juba_day(by.now)),
        by.now,
        slowed=slowed,
    )
    return True
