"""Cutting a service off, for money or by staff, and letting it go on. Days off are not billed."""

from __future__ import annotations

from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.subscriptions.queries import locked
from core.subscriptions.states import By
from core.subscriptions.stop import Resumed, days_off, days_on


def suspend(tx: Transaction, *, subscription_id: int, reason: str, by: By) -> None:
    """Cut an active service off. `reason`: `unpaid`, `lapsed` (prepaid ran out) or `staff`.

    Raises:
        NotPossibleNow: it is not active.
    """
    days_off(tx, locked(tx.connection, subscription_id), "suspend", by, suspended_for=reason)


def resume(tx: Transaction, *, subscription_id: int, by: By) -> Resumed:
    """Let a suspended service go on today.

    Raises:
        NotPossibleNow: it is not suspended, or prepaid that ran out: that one goes on with the money (`renew`).
    """
    service = locked(tx.connection, subscription_id)
    if service.suspended_for == "lapsed":
        raise NotPossibleNow(what="subscription", state="lapsed")
    return days_on(tx, service, "resume", by, suspended_for=None)
