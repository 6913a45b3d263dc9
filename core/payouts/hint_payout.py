"""A callback that names a payout, or a consent to be charged: taken as a hint to ask now. Nothing in it is believed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from core.db.engine import Transaction
from core.payouts.models import Payout, PreApproval


def hint_payout(tx: Transaction, reference: UUID | None, now: datetime) -> bool:
    """Make what the reference names due for a question at once. False: neither a payout nor a consent of ours.

    Of one that was refused we ask too: should it have been paid after all, it is an alarm.
    """
    if reference is None:
        return False
    payout = tx.execute(select(Payout.id, Payout.state).where(Payout.reference == reference)).first()
    if payout is not None:
        _due(tx, payout.id, now)
        return True
    consent = tx.execute(select(PreApproval.id, PreApproval.state).where(PreApproval.reference == reference)).first()
    if consent is None:
        return False
    if consent.state in ("created", "submitted", "agreed"):
        open_still = (PreApproval.id == consent.id, PreApproval.state == consent.state)
        tx.execute(update(PreApproval).where(*open_still).values(ask_again_at=now))
        tx.ring("pre_approval.ask")
    return True


def _due(tx: Transaction, payout_id: int, now: datetime) -> None:
    asked = (Payout.id == payout_id, Payout.state.in_(("approved", "submitted", "unknown", "refused")))
    if tx.execute(update(Payout).where(*asked, Payout.rail == "mtn-momo").values(ask_again_at=now)).rowcount:
        tx.ring("payout.ask")
