"""The life of a payment intent. Declared once; every change writes a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, update

from core.db.engine import Transaction
from core.payments.models import PaymentIntent, PaymentIntentMove

# A provider that says paid after all is believed whatever was thought before: money that came is credited, and money
# that came otherwise than asked for is seen by a person. The database holds the same table (`guards_0004`).
MOVES: Final[Mapping[str, frozenset[str]]] = {
    "created": frozenset({"submitted", "paid", "refused", "expired", "unknown"}),
    "submitted": frozenset({"paid", "refused", "expired", "unknown"}),
    "unknown": frozenset({"paid", "refused", "expired"}),
    "refused": frozenset({"paid", "unknown"}),
    "expired": frozenset({"paid", "unknown"}),
    "paid": frozenset(),
}
OPEN: Final = frozenset({"created", "submitted"})


def move(
    tx: Transaction, *, intent_id: int, state: str, to: str, now: datetime, why: Mapping[str, Any], **values: Any
) -> bool:
    """Move an intent the caller has locked, with further column values. False: the move is not in the table."""
    if to not in MOVES[state]:
        return False
    ended = {} if to in OPEN else {"ended_at": now}
    tx.execute(update(PaymentIntent).where(PaymentIntent.id == intent_id).values(state=to, **ended, **values))
    tx.execute(
        insert(PaymentIntentMove).values(intent_id=intent_id, from_state=state, to_state=to, at=now, why=dict(why))
    )
    return True
