"""A customer leaves for a while: nothing is billed meanwhile, and days paid in advance are kept."""

from __future__ import annotations

from core.db.engine import Transaction
from core.subscriptions.queries import locked
from core.subscriptions.states import By
from core.subscriptions.stop import Resumed, days_off, days_on


def pause(tx: Transaction, *, subscription_id: int, by: By) -> None:
    """Stop an active service from tomorrow on; it is cut off now.

    Raises:
        NotPossibleNow: it is not active.
    """
    days_off(tx, locked(tx.connection, subscription_id), "pause", by)


def unpause(tx: Transaction, *, subscription_id: int, by: By) -> Resumed:
    """Let a paused service go on today.

    Raises:
        NotPossibleNow: it is not paused.
    """
    return days_on(tx, locked(tx.connection, subscription_id), "unpause", by)
