"""Codes typed wrong are counted, and who types too many is not listened to: by phone, device and address, and over all.

A phone costs money, a device changes its address at will and a town shares few: so over all as well. While that limit
is reached only those are listened to who ask by phone, for its network vouches for who they are; else anybody could
shut everyone out. What codes are worth: of a million cards sold, one guess in 10^12 finds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from core.db.engine import Database, Transaction
from core.errors import TooManyTries
from core.logs import log

LOG = log("tokens.guesses")
WINDOW_S: Final = 600
MISSES_MAX: Final = {"phone": 10, "device": 10, "address": 60, "all": 1000}  # in a window; migration 0026 says the same
KEPT: Final = timedelta(hours=1)  # six windows: nothing of them counts any more
SUBJECT_CHARS_MAX: Final = 200

_MISSED: Final = text(f"""
    INSERT INTO token_guess AS t (kind, subject, began_at, misses)
      SELECT kind, subject, :now, 1
      FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[])) AS k (kind, subject) ORDER BY kind, subject
    ON CONFLICT (kind, subject) DO UPDATE SET
      misses = CASE WHEN t.began_at > :now - interval '{WINDOW_S} seconds' THEN t.misses + 1 ELSE 1 END,
      began_at = CASE WHEN t.began_at > :now - interval '{WINDOW_S} seconds' THEN t.began_at ELSE :now END
    RETURNING kind, misses
""")
_RATE: Final = text(f"""
    SELECT coalesce(sum(misses), 0) FROM token_guess
    WHERE kind = 'all' AND began_at > CAST(:now AS timestamptz) - interval '{WINDOW_S} seconds'
""")
_FORGET: Final = text("DELETE FROM token_guess WHERE began_at <= :before")


@dataclass(frozen=True, slots=True)
class Typist:
    """Who typed a code: the phone they asked by, or the device and the address of a page. What is empty is unknown."""

    phone: str = ""
    device: str = ""
    address: str = ""

    @property
    def counted(self) -> dict[str, list[str]]:
        """The kinds and subjects under which this one is counted, as two lists of a statement."""
        known = [("phone", self.phone), ("device", self.device), ("address", self.address)]
        counted = [(kind, subject[:SUBJECT_CHARS_MAX]) for kind, subject in known if subject]
        counted.append(("all", ""))
        return {"kinds": [kind for kind, _ in counted], "subjects": [subject for _, subject in counted]}


def refuse_until(until: datetime | None, now: datetime) -> None:
    """Refuse until a moment, if there is one.

    Raises:
        TooManyTries: for so many seconds they are not listened to.
    """
    if until is not None and until > now:
        raise TooManyTries(wait_s=int((until - now).total_seconds()) + 1)


def count_miss(db: Database, typist: Typist, now: datetime) -> None:
    """Count a code that was none of ours, for good: a transaction of its own."""
    _warn(db.run(lambda tx: _counted_apart(tx, typist, now)))


def count_miss_in(tx: Transaction, typist: Typist, now: datetime) -> None:
    """The same in a transaction that is committed whatever becomes of the code."""
    _warn(_count(tx, typist, now))


def _warn(missed: list[tuple[str, int]]) -> None:
    for kind, misses in missed:
        if misses in (MISSES_MAX[kind] // 2, MISSES_MAX[kind]) and (kind == "all" or misses == MISSES_MAX[kind]):
            LOG.warning("codes are guessed", by=kind, misses=misses, window_s=WINDOW_S)


def _counted_apart(tx: Transaction, typist: Typist, now: datetime) -> list[tuple[str, int]]:
    tx.execute(text("SET LOCAL synchronous_commit = off"))  # a count lost with the power is no loss
    return _count(tx, typist, now)


def _count(tx: Transaction, typist: Typist, now: datetime) -> list[tuple[str, int]]:
    rows = tx.execute(_MISSED, typist.counted | {"now": now})
    return [(row.kind, row.misses) for row in rows]


def misses_now(connection: Connection, now: datetime) -> int:
    """How many codes were typed wrong by all, in the window that runs."""
    return int(connection.execute(_RATE, {"now": now}).scalar_one())


def forget_misses(db: Database, now: datetime) -> None:
    """Forget what counts no more."""
    with db.transaction() as tx:
        tx.execute(_FORGET, {"before": now - KEPT})
