"""The outbox: acts outside, written in the transaction of their cause, claimed and done by workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Database, Transaction
from core.messaging.models import OutboxRow

LEASE_S: Final = 90  # longer than any call outside may take, its timeouts included: MoMo with a fresh bearer takes 85
ERROR_CHARS_MAX: Final = 200
DIED_IN_THE_ACT: Final = "tried before, and nobody knows what came of it"
# Waits between tries, seconds; after the last the row is dead and a person sees it.
RETRY_WAITS_S: Final = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 3600)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this worker may act on until its lease ends. `attempts` counts this one; above 1 it may have been done."""

    id: int
    kind: str
    key: str
    body: Mapping[str, Any]
    attempts: int


_PUT: Final = upsert(OutboxRow).on_conflict_do_nothing(constraint="uq_outbox_once").returning(OutboxRow.id)


def put(
    tx: Transaction, *, kind: str, key: str, body: Mapping[str, Any], now: datetime, due_at: datetime | None = None
) -> bool:
    """Write an act to be done outside, and wake its workers after commit. False: it stood there already."""
    inserted = tx.execute(
        _PUT,
        {
            "kind": kind,
            "key": key,
            "body": dict(body),
            "state": "waiting",
            "due_at": due_at or now,
            "created_at": now,
            "attempts": 0,
        },
    ).scalar()
    tx.ring(kind)
    return inserted is not None


# One row at a time: a duplicate after a crash is then one text, not a batch of them. SKIP LOCKED lets workers
# pass each other; the lease lets another take over from one that died.
_CLAIM: Final = text("""
    UPDATE outbox SET attempts = attempts + 1, attempted_at = :now, leased_until = :lease
    WHERE id = (SELECT id FROM outbox
                WHERE state = 'waiting' AND kind = :kind AND due_at <= :now
                  AND (leased_until IS NULL OR leased_until <= :now)
                ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, key, body, attempts
""")


def claim(db: Database, *, kind: str, now: datetime) -> Claimed | None:
    """Take the next due row of a kind; None when there is none."""
    with db.transaction() as tx:
        row = tx.execute(_CLAIM, {"kind": kind, "now": now, "lease": now + timedelta(seconds=LEASE_S)}).first()
    return Claimed(row.id, row.kind, row.key, row.body, row.attempts) if row else None


def done(tx: Transaction, row_id: int, now: datetime) -> None:
    """The act has been done; its row rests, also one that was given up while a slow worker was still at it."""
    tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state.in_(("waiting", "dead")))
        .values(state="sent", ended_at=now, leased_until=None, last_error=None)
    )


def again(
    tx: Transaction,
    row_id: int,
    *,
    attempts: int,
    now: datetime,
    error: str,
    waits_s: Sequence[int] = RETRY_WAITS_S,
) -> bool:
    """Try again later. False: the tries are used up, the row is dead and waits for a person."""
    if attempts > len(waits_s):
        bury(tx, row_id, now=now, error=error)
        return False
    wait = timedelta(seconds=waits_s[attempts - 1])
    tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == "waiting")
        .values(due_at=now + wait, leased_until=None, last_error=error[:ERROR_CHARS_MAX])
    )
    return True


def bury(tx: Transaction, row_id: int, *, now: datetime, error: str) -> None:
    """Trying again cannot help: the row is dead until a person pushes it."""
    tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == "waiting")
        .values(state="dead", ended_at=now, leased_until=None, last_error=error[:ERROR_CHARS_MAX])
    )


def push(tx: Transaction, row_id: int, now: datetime) -> bool:
    """A person wants it tried now. False: it is not stuck."""
    kind = tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state.in_(("waiting", "dead")))
        # A row somebody is working on right now keeps its lease: pushing must not send it twice.
        .where((OutboxRow.leased_until.is_(None)) | (OutboxRow.leased_until <= now))
        # Tries count from nothing again. That there were some stays known, also where nobody can say how they ended.
        .values(
            state="waiting",
            due_at=now,
            ended_at=None,
            attempts=0,
            leased_until=None,
            last_error=case(
                (OutboxRow.attempts > 0, func.coalesce(OutboxRow.last_error, DIED_IN_THE_ACT)),
                else_=OutboxRow.last_error,
            ),
        )
        .returning(OutboxRow.kind)
    ).scalar()
    if kind is None:
        return False
    tx.ring(kind)
    return True
