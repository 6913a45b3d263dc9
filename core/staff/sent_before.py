"""A form that was sent twice, where nothing of what it makes has a key of its own."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import String, bindparam, func, select

from core.db.engine import Transaction
from core.staff.models import AuditEntry

# Of two that come at once the second waits for the first, and then finds its line in the trail.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("form", type_=String), 0)))


def sent_before(tx: Transaction, *, form_key: str, act: str, subject: str) -> dict[str, Any] | None:
    """What the trail says of the first time this form was sent; None: this is the first.

    Whoever does the act writes `form` into the detail of its line (`core.staff.audit`), in this transaction.
    """
    tx.execute(_WAIT_OUR_TURN, {"form": f"form:{form_key}"})
    detail: dict[str, Any] | None = tx.execute(
        select(AuditEntry.detail).where(
            AuditEntry.subject == subject, AuditEntry.act == act, AuditEntry.detail["form"].astext == form_key
        )
    ).scalar()
    return detail
