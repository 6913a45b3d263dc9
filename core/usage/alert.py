"""Telling something about a grant's usage once in its period: whoever marks it first tells it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.usage.models import UsageAlert

_MARK: Final = upsert(UsageAlert).on_conflict_do_nothing().returning(UsageAlert.kind)


def mark_told(tx: Transaction, *, grant_id: int, period_from: date, kind: str, now: datetime) -> bool:
    """Mark it as told. False: it was told before in this period."""
    values = {"grant_id": grant_id, "period_from": period_from, "kind": kind, "told_at": now}
    return tx.execute(_MARK, values).first() is not None
