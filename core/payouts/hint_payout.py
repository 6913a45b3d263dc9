"""A provider called about money that left: a hint to ask now, and nothing more."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from core.db.engine import Transaction
from core.payouts.models import Payout

ON_ITS_WAY: Final = ("approved", "submitted", "unknown")


def hint_payout(tx: Transaction, reference: UUID | None, now: datetime) -> bool:
    """Make a payout due for a question. False: the reference is none of ours."""
    if reference is None:
        return False
    state = tx.execute(select(Payout.state).where(Payout.reference == reference)).scalar()
    if state in ON_ITS_WAY:
        on_its_way = (Payout.reference == reference, Payout.state.in_(ON_ITS_WAY))
        tx.execute(update(Payout).where(*on_its_way).values(ask_again_at=now))
        tx.ring("payout.ask")
    return state is not None
