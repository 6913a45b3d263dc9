"""STOP and START: what a phone wants to hear from us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.messaging.models import SilencedPhone


def silence(tx: Transaction, phone: str, now: datetime) -> None:
    """The phone said STOP: from now on only what it asks or pays for."""
    tx.execute(
        upsert(SilencedPhone)
        .values(phone=phone, since=now)
        # Said again, it is the newer word: it may answer a text that came after the first.
        .on_conflict_do_update(index_elements=[SilencedPhone.phone], set_={"since": now})
    )


def hear_again(tx: Transaction, phone: str) -> None:
    """The phone said START."""
    tx.execute(delete(SilencedPhone).where(SilencedPhone.phone == phone))
