"""Taking back a payout that nobody has approved: nothing had moved."""

from __future__ import annotations

from datetime import datetime

from core.db.engine import Transaction
from core.errors import NotAllowed, NotPossibleNow
from core.payouts.states import lock_payout, move
from core.staff.roles import may


def cancel_payout(tx: Transaction, *, payout_id: int, staff_id: int, role: str, now: datetime) -> None:
    """Who asked takes it back, or who may approve refuses it.

    Raises:
        NotFound, NotPossibleNow: none, or not waiting any more.
        NotAllowed: somebody else's, without the permission.
    """
    payout = lock_payout(tx, payout_id)
    if payout["state"] != "waiting":
        raise NotPossibleNow(what="payout", state=payout["state"])
    if payout["asked_by"] != staff_id and not may(role, "payouts.approve"):
        raise NotAllowed(permission="payouts.approve")
    why = {"own": payout["asked_by"] == staff_id}
    move(tx, payout_id=payout_id, state="waiting", to="cancelled", now=now, why=why, staff_id=staff_id)
