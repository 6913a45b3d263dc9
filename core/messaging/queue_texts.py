"""Queueing many texts at once, for runs over many customers: the same rows as `queue_text` writes, by COPY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.languages import say
from core.messaging.segments import measure, substitute
from core.messaging.texts import TEXTS

_SILENCED: Final = text("SELECT phone FROM silenced_phone WHERE phone = ANY(:phones)")
_KNOWN: Final = text("SELECT key FROM outbox WHERE kind = 'sms' AND key = ANY(:keys)")
_TEXT: Final = ("id", "phone", "template", "shown", "encoding", "segments", "state", "queued_at", "state_at")
_OUTBOX: Final = ("kind", "key", "body", "state", "due_at", "created_at", "attempts")


@dataclass(frozen=True, slots=True)
class NewText:
    """A text without secrets, to be queued once per key."""

    phone: str
    tongue: str
    template: str
    key: str
    facts: Mapping[str, object]


def queue_texts(tx: Transaction, texts: Sequence[NewText], now: datetime) -> int:
    """Queue texts; how many. What was queued before under its key, and what a silenced phone did not ask for, is not.

    Two at once with the same key: the constraint refuses the second, and its transaction with it.
    """
    if not texts:
        return 0
    known = set(tx.execute(_KNOWN, {"keys": [one.key for one in texts]}).scalars())
    unasked = {one.phone for one in texts if not TEXTS[one.template].asked}
    silenced = set(tx.execute(_SILENCED, {"phones": sorted(unasked)}).scalars()) if unasked else set()
    fresh = {
        one.key: one
        for one in texts
        if one.key not in known and (TEXTS[one.template].asked or one.phone not in silenced)
    }
    if not fresh:
        return 0
    ids = next_ids(tx, "text_message", len(fresh))
    copy_rows(tx, "text_message", _TEXT, [_row(*of, now) for of in zip(ids, fresh.values(), strict=True)])
    copy_rows(
        tx,
        "outbox",
        _OUTBOX,
        (("sms", key, {"message": text_id}, "waiting", now, now, 0) for text_id, key in zip(ids, fresh, strict=True)),
    )
    tx.ring("sms")
    return len(fresh)


def _row(text_id: int, of: NewText, now: datetime) -> tuple[Any, ...]:
    shown = substitute(say(of.tongue, TEXTS[of.template].original, **of.facts))
    measured = measure(shown)
    return (text_id, of.phone, of.template, shown, measured.encoding, measured.segments, "queued", now, now)
