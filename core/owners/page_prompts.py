"""Phones prompted to pay by whoever opened a network's page are counted: by device and address, and over all.

Nobody vouches for who opened a page: without a limit it would prompt every phone of the country. Prompts that wait on
one phone are limited by `core.payments.open_intent`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from core.db.engine import Transaction
from core.errors import TooManyTries

WINDOW: Final = timedelta(minutes=10)
PROMPTS_MAX: Final = {"device": 6, "address": 60, "all": 600}  # within a window; a network has one address
SUBJECT_CHARS_MAX: Final = 200
_FORGOTTEN_AT_ONCE: Final = 20

_COUNT: Final = text("""
    INSERT INTO page_prompt AS p (kind, subject, began_at, prompts)
      SELECT kind, subject, :now, 1
      FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[])) AS k (kind, subject) ORDER BY kind, subject
    ON CONFLICT (kind, subject) DO UPDATE SET
      prompts = CASE WHEN p.began_at > :since THEN p.prompts + 1 ELSE 1 END,
      began_at = CASE WHEN p.began_at > :since THEN p.began_at ELSE excluded.began_at END
    RETURNING kind, began_at, prompts
""")
# Whoever counts takes some away that count no more. Another who does so now is not waited for.
_FORGET: Final = text(f"""
    DELETE FROM page_prompt WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM page_prompt WHERE began_at <= :since LIMIT {_FORGOTTEN_AT_ONCE} FOR UPDATE SKIP LOCKED))
""")


@dataclass(frozen=True, slots=True)
class Asker:
    """The device a page was opened on, as its router names it, and the address it came from. Empty: unknown."""

    device: str = ""
    address: str = ""


def count_prompt(tx: Transaction, asker: Asker, now: datetime) -> None:
    """Count one more, if this transaction is committed.

    Raises:
        TooManyTries: there is no room for it yet.
    """
    subjects = [("device", asker.device), ("address", asker.address), ("all", "")]
    counted = [(kind, subject[:SUBJECT_CHARS_MAX]) for kind, subject in subjects if subject or kind == "all"]
    asked = {"now": now, "since": now - WINDOW, "kinds": [kind for kind, _ in counted]}
    tx.execute(_FORGET, {"since": now - WINDOW})
    for row in tx.execute(_COUNT, asked | {"subjects": [subject for _, subject in counted]}):
        if row.prompts > PROMPTS_MAX[row.kind]:
            raise TooManyTries(wait_s=int((row.began_at + WINDOW - now).total_seconds()) + 1)
