"""That a session began: one small row, enough to rebuild it after Redis is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.db.quick import QuickStatements
from core.redaction import redact_inputs

# No gateway keeps a session longer (Safaricom 180 s, MNOs up to 600): an id that comes back later is a new session.
DIALLED_CHARS_MAX: Final = 200
SESSION_LIFE: Final = timedelta(minutes=15)

_FOUND: Final = """
SELECT phone, dialled, start, extract(epoch FROM began_at)::float8 FROM ussd_session
WHERE gateway = $1 AND session_id = $2 AND began_at >= $3
"""
# Not synced to disk before the answer: a power cut that loses this row has ended the call as well. Where another
# hop began the session first, its row is what counts.
STATEMENTS: Final = {
    "session_find": ("text, text, timestamptz", _FOUND),
    "session_begin": (
        "text, text, timestamptz, text, text, text, jsonb, timestamptz",
        f"""
WITH fresh AS (
  INSERT INTO ussd_session (gateway, session_id, phone, network_code, dialled, start, began_at)
  VALUES ($1, $2, $4, $5, $6, $7, $8)
  ON CONFLICT (gateway, session_id) DO UPDATE
    SET phone = excluded.phone, dialled = excluded.dialled, start = excluded.start, began_at = excluded.began_at,
        network_code = excluded.network_code
    WHERE ussd_session.began_at < $3
  RETURNING phone, dialled, start, extract(epoch FROM began_at)::float8)
SELECT * FROM fresh UNION ALL ({_FOUND} AND NOT EXISTS (SELECT 1 FROM fresh))
""",
    ),
}


@dataclass(frozen=True, slots=True)
class Began:
    """How a session began."""

    phone: str
    dialled: str  # redacted: what may be a PIN is not kept
    start: dict[str, Any]
    began: float  # seconds since 1970

    def dialled_in(self, text: str) -> str:
        """How much of the gateway's text was dialled at the beginning; nothing when that is another text."""
        parts = int(self.start.get("dialled", _parts(self.dialled)))
        head = "*".join(text.split("*")[:parts])
        same = redact_inputs(head)[:DIALLED_CHARS_MAX] == redact_inputs(self.dialled)[:DIALLED_CHARS_MAX]
        return head if parts and same else ""


def _parts(dialled: str) -> int:
    return len(dialled.split("*")) if dialled else 0


def find(quick: QuickStatements, gateway: str, session_id: str, now: datetime) -> Began | None:
    """The session with this id that is still alive; None when it is new to us."""
    rows = quick.rows("session_find", (gateway, session_id, now - SESSION_LIFE))
    return Began(*rows[0]) if rows else None


def begin(quick: QuickStatements, *, gateway: str, session_id: str, network_code: str | None, began: Began) -> Began:
    """Write that a session began. Returns how it began: as given, or as an earlier hop had begun it."""
    at = datetime.fromtimestamp(began.began, UTC)
    rows = quick.rows(
        "session_begin",
        (
            gateway,
            session_id,
            at - SESSION_LIFE,
            began.phone,
            network_code,
            redact_inputs(began.dialled)[:DIALLED_CHARS_MAX],
            json.dumps(began.start | {"dialled": _parts(began.dialled)}, ensure_ascii=False),
            at,
        ),
    )
    if rows:
        return Began(*rows[0])
    # Another hop began it between our snapshot and our insert; by now its row can be seen.
    return find(quick, gateway, session_id, at) or began
