"""Visits of staff to the pages: a row for each log-in, so that a log-out ends it wherever its cookie was copied to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert

from core.db.engine import Transaction
from core.ids import Ids
from core.staff.models import StaffSession

SESSION_LASTS: Final = timedelta(hours=12)
VISIT_MARK_CHARS: Final = 24  # of 20 letters: 104 bits


def begin_session(tx: Transaction, *, staff_id: int, now: datetime, ids: Ids) -> str:
    """Note that a visit begins; its mark, for the cookie. Forgets what is left of this person's visits long over."""
    tx.execute(
        delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.began_at < now - SESSION_LASTS)
    )
    mark = ids.typeable(VISIT_MARK_CHARS)
    tx.execute(insert(StaffSession).values(staff_id=staff_id, mark=mark, began_at=now))
    return mark


def end_session(tx: Transaction, mark: str) -> None:
    """End one visit. One that is over already is left so."""
    tx.execute(delete(StaffSession).where(StaffSession.mark == mark))


def end_sessions_of(tx: Transaction, staff_id: int) -> None:
    """End every visit of a staff member."""
    tx.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))
