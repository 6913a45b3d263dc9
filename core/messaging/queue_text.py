"""Queueing an SMS: the row a worker will send, in the reader's language, counted before it costs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, select, text

from core.db.engine import Transaction
from core.languages import say
from core.messaging.models import SilencedPhone, TextMessage
from core.messaging.segments import measure, substitute
from core.messaging.texts import TEXTS
from core.sealing import Sealer

SHOWN_INSTEAD: Final = "•••"
_IS_SILENCED: Final = select(exists().where(SilencedPhone.phone == bindparam("phone")))
# The text and the row that sends it (as `outbox.put` writes it) in one round trip.
_WRITE_TEXT: Final = text("""
    WITH message AS (
      INSERT INTO text_message (phone, template, shown, text_sealed, encoding, segments, state, queued_at, state_at)
        VALUES (:phone, :template, :shown, :text_sealed, :encoding, :segments, 'queued', :now, :now) RETURNING id
    ), queued AS (
      INSERT INTO outbox (kind, key, body, state, due_at, created_at, attempts)
        SELECT 'sms', :key, jsonb_build_object('message', id), 'waiting', :now, :now, 0 FROM message
        ON CONFLICT (kind, key) DO NOTHING RETURNING id
    )
    SELECT message.id AS message, (SELECT id FROM queued) AS queued FROM message
""")


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
    text_ = substitute(say(tongue, form.original, **facts, **(secrets or {})))
    measured = measure(text_)
    shown = (
        substitute(say(tongue, form.original, **facts, **dict.fromkeys(secrets, SHOWN_INSTEAD))) if secrets else text_
    )
    if secrets and sealer is None:
        raise AssertionError("a text with secrets is sealed")
    written = tx.execute(
        _WRITE_TEXT,
        {
            "phone": phone,
            "template": template,
            "shown": shown,
            "text_sealed": sealer.seal(text_) if secrets and sealer else None,
            "encoding": measured.encoding,
            "segments": measured.segments,
            "key": key,
            "now": now,
        },
    ).one()
    tx.ring("sms")
    if written.queued is not None:
        return True
    tx.execute(delete(TextMessage).where(TextMessage.id == written.message))  # queued before: rare, so looked at last
    return False
