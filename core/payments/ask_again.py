"""A person wants the provider asked once more about a payment nobody can tell of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from core.db.engine import Transaction
from core.payments.models import PaymentIntent


def ask_again(tx: Transaction, *, reference: UUID, now: datetime) -> bool:
    """Make an unknown payment due for a question now. False: there is none, or somebody knows of it by now."""
    found = tx.execute(
        update(PaymentIntent)
        .where(PaymentIntent.reference == reference, PaymentIntent.state == "unknown")
        .values(ask_again_at=now)
        .returning(PaymentIntent.id)
    ).scalar()
    if found is None:
        return False
    tx.ring("momo.ask")
    return True
