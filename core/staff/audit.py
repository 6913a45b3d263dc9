"""The trail of what staff did. Written in the transaction of the act; a trigger keeps it for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert

from core.db.engine import Transaction
from core.staff.models import AuditEntry

SUBJECT_CHARS_MAX: Final = 200


def write(
    tx: Transaction,
    *,
    staff_id: int | None,
    act: str,
    subject: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write what a staff member did, to what.

    `staff_id` None: the command line, someone who is not proven yet, or a Wi-Fi owner, whose number is in `detail`.
    `subject` is a word and what names one of its kind: `customer:<number>`, `staff:<username>`, `service:<number>`,
    `document:<number>`, `payment:<reference>`, `outbox:<id>`, and so on. No secret may stand in `detail`.
    """
    tx.execute(
        insert(AuditEntry).values(
            staff_id=staff_id, act=act, subject=subject[:SUBJECT_CHARS_MAX], detail=dict(detail or {}), at=now
        )
    )
