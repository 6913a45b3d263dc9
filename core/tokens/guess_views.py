"""Who types wrong codes, as screens and monitors show it: a named read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from core.tokens.guesses import MISSES_MAX, WINDOW_S

GUESSERS_SHOWN: Final = 50
MANY: Final = MISSES_MAX["all"] // 2  # from so many by all in a window a person should know

_GUESSERS: Final = text(f"""
    SELECT kind, subject, misses, began_at FROM token_guess
    WHERE began_at > CAST(:now AS timestamptz) - interval '{WINDOW_S} seconds'
    ORDER BY kind = 'all' DESC, misses DESC, kind, subject LIMIT {GUESSERS_SHOWN}
""")


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who types wrong codes: a phone, a device, an address, or `all` together. `silent_until`: not heard till then."""

    kind: str
    subject: str
    misses: int
    began_at: datetime
    silent_until: datetime | None


def guessers(connection: Connection, now: datetime) -> list[Guesser]:
    """Those of the window that runs: all together first, then who typed most."""
    found = []
    for row in connection.execute(_GUESSERS, {"now": now}):
        is_full = row.misses >= MISSES_MAX[row.kind]
        until = row.began_at + timedelta(seconds=WINDOW_S) if is_full else None
        found.append(Guesser(row.kind, row.subject, row.misses, row.began_at, until))
    return found
