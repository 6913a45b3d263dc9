"""The end of a service. Today is its last day; access ends now."""

from __future__ import annotations

from datetime import date

from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.subscriptions import access
from core.subscriptions.queries import Service, locked
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import has_unbilled
from core.subscriptions.terms import close_term


def terminate(tx: Transaction, *, subscription_id: int, by: By) -> Service:
    """End a service today, whatever its state. Returns it as it was, for the last bill.

    Days used and not billed yet are due for the billing run at once; days paid in advance are the caller's to return.

    Raises:
        NotPossibleNow: it has ended before.
    """
    today = juba_day(by.now)
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "terminate")
    next_bill_on: date | None = None
    if service.state == "active":
        close_term(tx, subscription_id, today + DAY)
    if service.pay == "postpaid" and service.next_bill_on is not None:
        next_bill_on = min(service.next_bill_on, today + DAY)  # months missed before are billed on their own days
    elif service.pay == "prepaid" and has_unbilled(tx, service):
        next_bill_on = service.billed_until
    ended_on = today if service.started_on is None else max(today, service.started_on)
    move(tx, service, "terminate", by, {}, ended_on=ended_on, suspended_for=None, next_bill_on=next_bill_on)
    access.close(tx, service, by.now)
    return service
