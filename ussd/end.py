"""How a session ended: the gateway's event, kept for support without what may be a PIN."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.messaging.models import UssdEnd
from core.redaction import redact_inputs

SCREEN_CHARS_MAX: Final = 400
INT_MAX: Final = 2**31 - 1


def record_end(tx: Transaction, *, gateway: str, form: Mapping[str, str], now: datetime) -> bool:
    """Keep one event; its copies change nothing. Order against the hops is not promised, so nothing depends on it."""

    def field(name: str, most: int) -> str:
        return form.get(name, "").replace("\x00", "")[:most]

    def number(name: str) -> int | None:
        text = form.get(name, "").strip()
        return min(int(text), INT_MAX) if text.isascii() and text.isdecimal() and len(text) <= 12 else None  # noqa: PLR2004

    inserted = tx.execute(
        upsert(UssdEnd)
        .values(
            gateway=gateway,
            session_id=field("sessionId", 120),
            phone=field("phoneNumber", 40),
            status=field("status", 40) or "unknown",
            hops=number("hopsCount"),
            duration_ms=number("durationInMillis"),
            input=redact_inputs(field("input", 1000)),
            last_screen=field("lastAppResponse", SCREEN_CHARS_MAX),
            error=field("errorMessage", 200) or None,
            came_at=now,
        )
        .on_conflict_do_nothing()
        .returning(UssdEnd.session_id)
    ).scalar()
    return inserted is not None
