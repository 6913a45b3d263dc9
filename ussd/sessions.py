"""What PostgreSQL keeps of a session: that it began, and what its text alone does not tell. Redis may be lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text as sql

from core.db.engine import Transaction
from core.db.quick import QuickStatements
from core.redaction import redact_inputs
from flows.session import Screen, Session, Turn
from ussd.typed import digest

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
        network_code = excluded.network_code, starred = '{{}}', answered = '{{}}', acted_chars = 0
    WHERE ussd_session.began_at < $3
  RETURNING phone, dialled, start, extract(epoch FROM began_at)::float8)
SELECT * FROM fresh UNION ALL ({_FOUND} AND NOT EXISTS (SELECT 1 FROM fresh))
""",
    ),
    "session_star": (
        "text, text, text, int",
        """
UPDATE ussd_session SET starred = starred || jsonb_build_object($3, $4) WHERE gateway = $1 AND session_id = $2
RETURNING 1
""",
    ),
    "session_notes": (
        "text, text",
        "SELECT starred, answered FROM ussd_session WHERE gateway = $1 AND session_id = $2",
    ),
    "session_acted": (
        "text, text, float8, int",
        """
SELECT 1 FROM ussd_session
WHERE gateway = $1 AND session_id = $2 AND extract(epoch FROM began_at)::float8 = $3 AND acted_chars > $4
""",
    ),
}


_NOTE_ANSWER: Final = sql("""
    UPDATE ussd_session SET answered = CAST(:answer AS jsonb) || answered, acted_chars = greatest(acted_chars, :chars)
    WHERE gateway = :gateway AND session_id = :session_id
""")


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


@dataclass(frozen=True, slots=True)
class Notes:
    """What a session's text alone does not tell: inputs that held a `*`, and what was answered where it counted."""

    starred: Mapping[int, int] = field(default_factory=dict)
    answered: Mapping[str, Any] = field(default_factory=dict)

    def turn_at(self, text: str) -> Turn | None:
        """What was answered when this was the text and something was done or refused; None where nothing was."""
        kept = self.answered.get(digest(text))
        try:
            return Turn(Session.from_json(kept["session"]), Screen(kept["screen"], kept["ends"])) if kept else None
        except (LookupError, TypeError, ValueError):  # another version of the code wrote it
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a session a call stood: a session, and how long its text was then."""

    gateway: str
    session_id: str
    began: float
    chars: int

    def on(self, session: Mapping[str, Any]) -> dict[str, Any]:
        """A stored session with its place, for a caller who comes back to it."""
        return {**session, "of": [self.gateway, self.session_id, self.began, self.chars]}


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


def note_star(quick: QuickStatements, gateway: str, session_id: str, begin: int, end: int) -> None:
    """Note that one input with a `*` in it stands between these places of the text."""
    quick.rows("session_star", (gateway, session_id, str(begin), end))


def notes(quick: QuickStatements, gateway: str, session_id: str) -> Notes:
    """What was noted of a session."""
    for starred, answered in quick.rows("session_notes", (gateway, session_id)):
        return Notes({int(begin): end for begin, end in starred.items()}, answered)
    return Notes()


def has_acted_since(quick: QuickStatements, kept: Mapping[str, Any]) -> bool:
    """Whether the session of a kept place has done something after it stood there."""
    try:
        place = Place(*kept["of"])
        key = (str(place.gateway), str(place.session_id), float(place.began), int(place.chars))
    except (LookupError, TypeError, ValueError):  # another version of the code kept it
        return False
    return bool(quick.rows("session_acted", key))


def note_answer(tx: Transaction, *, gateway: str, session_id: str, text: str, turn: Turn, acted: bool) -> None:
    """Note what is answered to a text, in the transaction of what it does. What was noted before stands."""
    kept = {"session": turn.session.to_json(), "screen": turn.screen.text, "ends": turn.screen.ends}
    tx.execute(
        _NOTE_ANSWER,
        {
            "gateway": gateway,
            "session_id": session_id,
            "answer": json.dumps({digest(text): kept}, ensure_ascii=False),
            "chars": len(text) if acted else 0,
        },
    )
