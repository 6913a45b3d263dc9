"""When to ask the provider again: the poll ladder. Never fails a payment on our own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FIRST_STEPS_S: Final = (5, 10, 20, 40, 60)
EVERY_MINUTE_UNTIL: Final = timedelta(minutes=6)  # MTN's approval window is 5 minutes
EVERY_FIVE_UNTIL: Final = timedelta(hours=1)
EVERY_HOUR_UNTIL: Final = timedelta(hours=24)
EVERY_SIX_HOURS_UNTIL: Final = timedelta(days=7)


def next_ask(*, asks: int, created_at: datetime, now: datetime) -> datetime | None:
    """The moment to ask again after `asks` questions; None when a person must look."""
    age = now - created_at
    if asks < len(FIRST_STEPS_S):
        return now + timedelta(seconds=FIRST_STEPS_S[asks])
    if age < EVERY_MINUTE_UNTIL:
        return now + timedelta(minutes=1)
    if age < EVERY_FIVE_UNTIL:
        return now + timedelta(minutes=5)
    if age < EVERY_HOUR_UNTIL:
        return now + timedelta(hours=1)
    return None


def next_ask_of_unknown(*, created_at: datetime, now: datetime) -> datetime:
    """The moment to ask again about a payment that a person may settle by now. It is asked about until it is known."""
    return now + (timedelta(hours=6) if now - created_at < EVERY_SIX_HOURS_UNTIL else timedelta(days=1))
