"""Queueing an SMS: the row a worker will send, in the reader's language, counted before it costs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, insert, select

from core.db.engine import Transaction
from core.languages import say
from core.messaging import outbox
from core.messaging.models import SilencedPhone, TextMessage
from core.messaging.segments import measure, substitute
from core.messaging.texts import TEXTS
from core.sealing import Sealer

SHOWN_INSTEAD: Final = "•••"
_IS_SILENCED: Final = select(exists().where(SilencedPhone.phone == bindparam("phone")))
_WRITE_TEXT: Final = insert(TextMessage).returning(TextMessage.id)


def queue_text(
    tx: Transaction,
    *,
    phone: str,
    tongue: str,
    template: str,
    key: str,
    now: datetime,
    facts: dict[str, object],
    secrets: dict[str, str] | None = None,
    sealer: Sealer | None = None,
) -> bool:
    """Queue a text to a phone once per key. What is in `secrets` reaches the phone and nobody else.

    Returns False when it stood there already, or the phone said STOP and did not ask for this.
    """
    form = TEXTS[template]
    if not form.asked and tx.execute(_IS_SILENCED, {"phone": phone}).scalar():
        return False
    text = substitute(say(tongue, form.original, **facts, **(secrets or {})))
    measured = measure(text)
    shown = (
        substitute(say(tongue, form.original, **facts, **dict.fromkeys(secrets, SHOWN_INSTEAD))) if secrets else text
    )
    if secrets and sealer is None:
        raise AssertionError("a text with secrets is sealed")
    message_id = tx.execute(
        _WRITE_TEXT,
        {
            "phone": phone,
            "template": template,
            "shown": shown,
            "text_sealed": sealer.seal(text) if secrets and sealer else None,
            "encoding": measured.encoding,
            "segments": measured.segments,
            "state": "queued",
            "queued_at": now,
            "state_at": now,
        },
    ).scalar_one()
    if outbox.put(tx, kind="sms", key=key, body={"message": message_id}, now=now):
        return True
    tx.execute(delete(TextMessage).where(TextMessage.id == message_id))  # queued before: rare, so looked at last
    return False
