"""Prepaid that ran out: cut off until the balance covers it, then on again from that day."""

from __future__ import annotations

from core.days import juba_day
from core.db.engine import Transaction
from core.subscriptions import access
from core.subscriptions.queries import locked
from core.subscriptions.schedule import next_bill_day
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of


def lapse(tx: Transaction, *, subscription_id: int, by: By) -> None:
    """Cut a prepaid service off: its paid days are over. Its tariff, and a change agreed on, stay for the renewal.

    Raises:
        NotPossibleNow: it is not active.
    """
    service = locked(tx.connection, subscription_id)
    move(tx, service, "suspend", by, {}, suspended_for="lapsed", next_bill_on=None)
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
