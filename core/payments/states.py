"""The life of a payment intent. Declared once; every change writes a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import TextClause, text

from core.db.engine import Transaction

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


@cache  # few sets of columns are ever written; built anew, the statement would cost more than it takes
def _statement(columns: tuple[str, ...]) -> TextClause:
    """Change an intent and write the row of it, in one round trip."""
    values = "".join(f", {column} = :{column}" for column in columns)
    return text(f"""
        WITH moved AS (UPDATE payment_intent SET state = :to{values} WHERE id = :intent_id RETURNING id)
        INSERT INTO payment_intent_move (intent_id, from_state, to_state, at, why)
          SELECT id, :state, :to, :now, CAST(:why AS jsonb) FROM moved
    """)


def move(
    tx: Transaction, *, intent_id: int, state: str, to: str, now: datetime, why: Mapping[str, Any], **values: Any
) -> bool:
    """Move an intent the caller has locked, with further column values. False: the move is not in the table."""
    if to not in MOVES[state]:
        return False
    if to not in OPEN:
        values["ended_at"] = now
    facts = {"intent_id": intent_id, "state": state, "to": to, "now": now, "why": json.dumps(dict(why), default=str)}
    tx.execute(_statement(tuple(sorted(values))), values | facts)
    return True
