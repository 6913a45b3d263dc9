"""Closing what needs no match, in a person's words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from core.db.engine import Transaction
from core.errors import NotPossibleNow, ReasonMissing
from core.statements.models import StatementLine
from core.statements.open_line import WHY_CHARS_MAX, lock_line


def explain_line(tx: Transaction, *, line_id: int, why: str, staff_id: int, now: datetime) -> None:
    """Close what is left of a line that needs no match, in a person's words: a payment that the provider took back.

    Raises:
        ReasonMissing: no words.
        NotPossibleNow: nothing is left, or its money lies on suspense and must find its place.
    """
    if not why.strip():
        raise ReasonMissing
    one = lock_line(tx, line_id)
    if one.suspended or one.explained or not one.left:
        raise NotPossibleNow(what="line", state="suspense" if one.suspended else "settled")
    tx.execute(
        update(StatementLine)
        .where(StatementLine.id == line_id)
        .values(explained=why.strip()[:WHY_CHARS_MAX], explained_by=staff_id, explained_at=now)
    )
