"""Alarms: what must not happen and did. A row each, until a person says that they have seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import KeyReused, Refusal
from core.logs import log
from core.payments.models import PaymentAlarm

LOG = log("payments.alarms")
SHOWN_MAX: Final = 100
SUBJECT_CHARS_MAX: Final = 200


def raise_alarm(tx: Transaction, *, kind: str, subject: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Write an alarm, and into the log. The same again before anybody saw it only counts: a flood is one row.

    Kinds: `callback_unknown` (names no payment of ours), `callback_differs` (another amount or currency than asked
    for), `payment_differs` (the provider says paid, and not what was asked for), `reference_reused` (a number of
    theirs that is on another receipt), `key_reused` (one key, two contents).
    """
    facts = {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in facts.items()}
    LOG.error("alarm", kind=kind, subject=subject, **{f"fact_{name}": value for name, value in facts.items()})
    values = {
        "kind": kind,
        "subject": subject[:SUBJECT_CHARS_MAX],
        "facts": facts,
        "times": 1,
        "first_at": now,
        "last_at": now,
    }
    insert = upsert(PaymentAlarm).values(values)
    tx.execute(
        insert.on_conflict_do_update(
            index_elements=[PaymentAlarm.kind, PaymentAlarm.subject],
            index_where=PaymentAlarm.seen_at.is_(None),
            set_={"times": PaymentAlarm.times + 1, "last_at": now, "facts": insert.excluded.facts},
        )
    )


def alarm_of_clash(tx: Transaction, refusal: Refusal, *, who: str, now: datetime) -> None:
    """An alarm, if what was refused is a key that came back with another content: somebody's machine is wrong."""
    if isinstance(refusal, KeyReused):
        raise_alarm(tx, kind="key_reused", subject=refusal.key, facts={"who": who}, now=now)


def seen(tx: Transaction, *, alarm_id: int, staff_id: int, now: datetime) -> bool:
    """A person has seen it. False: somebody had before, or there is none."""
    return (
        tx.execute(
            update(PaymentAlarm)
            .where(PaymentAlarm.id == alarm_id, PaymentAlarm.seen_at.is_(None))
            .values(seen_by=staff_id, seen_at=now)
            .returning(PaymentAlarm.id)
        ).scalar()
        is not None
    )


def unseen(connection: Connection) -> Sequence[Any]:
    """Alarms nobody has seen: rows of (id, kind, subject, facts, times, first_at, last_at), the newest first."""
    return connection.execute(
        select(
            PaymentAlarm.id,
            PaymentAlarm.kind,
            PaymentAlarm.subject,
            PaymentAlarm.facts,
            PaymentAlarm.times,
            PaymentAlarm.first_at,
            PaymentAlarm.last_at,
        )
        .where(PaymentAlarm.seen_at.is_(None))
        .order_by(PaymentAlarm.last_at.desc())
        .limit(SHOWN_MAX)
    ).all()


def count_unseen(connection: Connection) -> int:
    """How many alarms nobody has seen."""
    query = select(func.count()).select_from(PaymentAlarm).where(PaymentAlarm.seen_at.is_(None))
    return int(connection.execute(query).scalar_one())
