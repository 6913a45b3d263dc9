"""Prepaid that ran out: cut off until the balance covers it, then on again from that day."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from core.days import Period, juba_day
from core.db.engine import Transaction
from core.subscriptions import access
from core.subscriptions.queries import locked
from core.subscriptions.schedule import next_bill_day
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of

# Its terms go on while it is lapsed: the acts say which of their days were none.
LAPSED: Final = {"off": "lapsed"}
_LAPSED: Final = text(
    """
    SELECT (m.at AT TIME ZONE 'Africa/Juba')::date AS first,
           (SELECT (n.at AT TIME ZONE 'Africa/Juba')::date FROM subscription_move n
            WHERE n.subscription_id = m.subscription_id AND n.id > m.id AND n.verb = 'resume'
            ORDER BY n.id LIMIT 1) AS next
    FROM subscription_move m
    WHERE m.subscription_id = :id AND m.verb = 'suspend' AND m.detail @> :lapsed ORDER BY m.id
    """
).bindparams(bindparam("lapsed", LAPSED, type_=JSONB))


def lapse(tx: Transaction, *, subscription_id: int, by: By) -> None:
    """Cut a prepaid service off: its paid days are over. Its tariff, and a change agreed on, stay for the renewal.

    Raises:
        NotPossibleNow: it is not active.
    """
    service = locked(tx.connection, subscription_id)
    move(tx, service, "suspend", by, LAPSED, suspended_for="lapsed", next_bill_on=None)
    access.stop(tx, service, by.now)


def renew(tx: Transaction, *, subscription_id: int, by: By) -> None:
    """Let a lapsed service go on today; its days from today on are then due to be billed at once.

    By its tariff a full month begins today, or the rest of the month it was in is billed.

    Raises:
        NotPossibleNow: it is not suspended.
    """
    today = juba_day(by.now)
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "resume")
    terms = tariff_of(tx, service, today)
    new_day = terms.billed_on == "anniversary" and terms.reconnect == "new_day"
    anchor = today.day if new_day else service.anchor_day
    move(
        tx,
        service,
        "resume",
        by,
        {},
        suspended_for=None,
        anchor_day=anchor,
        billed_until=today,
        on_unpaid=False,
        next_bill_on=next_bill_day(service.pay, anchor, today),
    )
    access.go_on(tx, service, by.now)


def days_lapsed(connection: Connection, subscription_id: int) -> list[Period]:
    """Days a service was off because its paid ones were over; the last without an end where it did not go on."""
    found = connection.execute(_LAPSED, {"id": subscription_id})
    spans = ((row.first, row.next or date.max) for row in found)
    return [Period(first, following) for first, following in spans if first < following]
