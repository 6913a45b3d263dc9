"""Another tariff, from today or from the end of the month that is running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.catalog.tariffs import TariffTerms, tariff_book
from core.days import juba_day, period_of
from core.db.engine import Transaction
from core.errors import NotFound, OtherBilling, PlanGone, SamePlan
from core.subscriptions import access
from core.subscriptions.activate import open_term
from core.subscriptions.queries import Service, locked
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of
from core.subscriptions.terms import close_term


@dataclass(frozen=True, slots=True)
class Changed:
    """What it was, what it becomes, and from which day on."""

    service: Service
    before: TariffTerms
    after: TariffTerms
    from_day: date


def change_plan(tx: Transaction, *, subscription_id: int, tariff_id: int, at_period_end: bool, by: By) -> Changed:
    """Put an active service on another tariff. What it costs is the caller's to bill.

    At the end of the period: prepaid, the first day not paid for; postpaid, the next anchor day; neither before its
    own first day. A change agreed on before and not begun yet is replaced (`keep_plan` takes it back). A promotion
    stays with the tariff it is of, for the days on that one.

    Raises:
        NotPossibleNow: it is not active.
        NotFound, PlanGone: no such tariff, or withdrawn.
        SamePlan: it is on that tariff already.
        OtherBilling: the tariff is paid in another way, or billed on other days.
    """
    today = juba_day(by.now)
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "change_plan")
    book = tariff_book(tx.connection)
    before = tariff_of(tx, service, today)
    first = max(today, service.started_on or today)  # one that was handed over today begins tomorrow
    from_day = _end_of_period(service, first) if at_period_end else first
    after = book.version(tariff_id, from_day)
    if after is None:
        raise NotFound(what="tariff")
    if after.withdrawn_on is not None and after.withdrawn_on <= today:
        raise PlanGone(code=after.code)
    if after.tariff_id == before.tariff_id:
        raise SamePlan
    if (after.pay, after.billed_on) != (before.pay, before.billed_on):
        raise OtherBilling
    move(tx, service, "change_plan", by, {"from": before.tariff_id, "to": tariff_id, "day": from_day.isoformat()})
    close_term(tx, subscription_id, from_day)
    open_term(tx, subscription_id, tariff_id, from_day)
    if not at_period_end:
        access.set_speed(tx, service, after, by.now, slowed=service.slowed)
    return Changed(service, before, after, from_day)


def _end_of_period(service: Service, first: date) -> date:
    if service.pay == "prepaid":
        return max(service.billed_until or first, first)
    return period_of(first, service.anchor_day).next
