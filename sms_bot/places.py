"""Where a phone's conversation stands: a row, written in the transaction of the text that led there.

Kept apart from the text it would be lost, or old, just when a text has bought something: the next `1` would buy again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.logs import log
from core.messaging.models import SmsConversation
from flows.session import Session

LOG = log("sms_bot.places")
CONVERSATION_LIFE: Final = timedelta(minutes=30)  # people put the phone down and come back


def find(tx: Transaction, phone: str, now: datetime) -> Session | None:
    """Where the phone stands; None when nowhere, or too long ago."""
    stored = tx.execute(
        select(SmsConversation.session).where(SmsConversation.phone == phone, SmsConversation.until > now)
    ).scalar()
    try:
        return Session.from_json(stored) if stored is not None else None
    except (LookupError, TypeError, ValueError):
        LOG.warning("conversation of another version")
        return None


def keep(tx: Transaction, phone: str, session: Session | None, now: datetime) -> None:
    """Remember it, or forget."""
    if session is None:
        tx.execute(delete(SmsConversation).where(SmsConversation.phone == phone))
        return
    row = {"session": session.to_json(), "until": now + CONVERSATION_LIFE}
    tx.execute(
        upsert(SmsConversation)
        .values(phone=phone, **row)
        .on_conflict_do_update(index_elements=[SmsConversation.phone], set_=row)
    )
