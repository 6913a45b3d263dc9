"""Doing a step of dunning to the services it concerns: slower, off, or ended. Which these are, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import text

from core.billing.agreements import agreed_invoices
from core.billing.dunning_rule import fair_due_day, worse, worst_cut
from core.billing.schedules import SCHEDULED, steps_of_schedules
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.money import Money
from core.subscriptions.queries import Service, locked, services_of
from core.subscriptions.slow import slow
from core.subscriptions.states import By
from core.subscriptions.suspend import suspend
from core.subscriptions.terminate import terminate

# What a step comes to with one service: it was done now; it is so already; it must wait for a state it can be done
# in; or there is nothing to do it to, now or later.
Effect = Literal["acted", "already", "waits", "gone"]
_MOVES: Final = text(
    """
    SELECT DISTINCT ON (subscription_id, verb IN ('slow', 'suspend'))
           subscription_id, verb IN ('slow', 'suspend') AS cuts, at, staff_id
    FROM subscription_move
    WHERE subscription_id = ANY(:ids) AND verb IN ('slow', 'suspend', 'unslow', 'resume')
    ORDER BY subscription_id, verb IN ('slow', 'suspend'), id DESC
    """
)
_OPEN: Final = text(
    f"""
    SELECT d.invoice_id, d.due_minor, d.due_on, i.issued_on, i.issued_at, f.subscription_id, n.schedule
    FROM {SCHEDULED} WHERE d.customer_id = :customer AND d.due_minor > 0
    """
)


@dataclass(slots=True)
class Concerned:
    """A service as dunning sees it. `given_back_at`: when the system, not staff, last let it go on or made it fast."""

    service: Service
    cut_on: date | None = None
    given_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CutsDue:
    """How far dunning would have cut a customer down by now, whatever the hour.

    `acts`: the worst act due for each service, by its id; one without is left at full speed. `owed`: what they are for.
    """

    acts: Mapping[int, str]
    owed: Money


def services_to_dun(tx: Transaction, customer_id: int) -> list[Concerned]:
    """A customer's services. Not locked: the billing run passes by what is, and most are only reminded."""
    found = {one.subscription_id: Concerned(one) for one in services_of(tx.connection, customer_id)}
    for row in tx.execute(_MOVES, {"ids": list(found)}):
        if row.cuts:
            found[row.subscription_id].cut_on = juba_day(row.at)
        elif row.staff_id is None:
            found[row.subscription_id].given_back_at = row.at
    return list(found.values())


def concerned_by(services: Sequence[Concerned], subscription_id: int | None) -> list[Concerned]:
    """The services an invoice is dunned at: its own where it names one, else all that are paid afterwards."""
    if subscription_id is not None:
        return [one for one in services if one.service.subscription_id == subscription_id]
    return [one for one in services if one.service.pay == "postpaid"]


def still_cut(tx: Transaction, customer_id: int, services: Sequence[Service], now: datetime) -> CutsDue:
    """What is due to be done to a customer's services for the bills that are open and not agreed on.

    Money that may be on its way keeps a service on, but puts none on again: else asking to pay, and a pound, would do.
    """
    steps, today = steps_of_schedules(tx.connection), juba_day(now)
    cuts = []
    for bill in tx.execute(_OPEN, {"customer": customer_id}):
        due_day = fair_due_day(bill.due_on, bill.issued_on, bill.issued_at)
        act = worst_cut(steps.get(bill.schedule, ()), due_day, today)
        if act is not None:
            cuts.append((bill, act))
    agreed = agreed_invoices(tx.connection, customer_id, now) if cuts else frozenset()
    concerned = [Concerned(service) for service in services]
    acts: dict[int, str] = {}
    owed = 0
    for bill, act in cuts:
        if bill.invoice_id in agreed:
            continue
        owed += bill.due_minor
        for one in concerned_by(concerned, bill.subscription_id):
            service_id = one.service.subscription_id
            acts[service_id] = worse(act, acts.get(service_id))
    return CutsDue(acts, Money(owed, HOME_CURRENCY))


def lifted_since(concerned: Concerned, act: str, done_at: datetime) -> bool:
    """Whether what was done to it was taken back since by the system: for an agreement, as the invoice was open.

    What staff took back stays so: they had their reasons.
    """
    if concerned.given_back_at is None or concerned.given_back_at < done_at:
        return False
    service = concerned.service
    return service.state == "active" and (act == "suspend" or (act == "slow" and not service.slowed))


def cut_off(tx: Transaction, concerned: Concerned, act: str, by: By) -> Effect:
    """Do a step to a service, as far as the state it is in by now lets."""
    concerned.service = locked(tx.connection, concerned.service.subscription_id)
    effect = _effect(concerned.service, act, juba_day(by.now))
    if effect != "acted":
        return effect
    service_id = concerned.service.subscription_id
    if act == "slow":
        slow(tx, subscription_id=service_id, by=by)
        concerned.service = replace(concerned.service, slowed=True)
    elif act == "suspend":
        suspend(tx, subscription_id=service_id, reason="unpaid", by=by)
        concerned.service = replace(concerned.service, state="suspended", suspended_for="unpaid")
    else:
        terminate(tx, subscription_id=service_id, by=by)
        concerned.service = replace(concerned.service, state="terminated", suspended_for=None)
    concerned.cut_on = juba_day(by.now)
    return effect


def _effect(service: Service, act: str, today: date) -> Effect:
    if service.state == "terminated":
        return "gone"
    if service.started_on is not None and service.started_on > today:
        return "waits"  # it was handed over today, and has no day yet that it could stop after
    off_for_money = service.state == "suspended" and service.suspended_for == "unpaid"
    if act == "terminate":
        # What was paid in advance must be given back with a document when it ends: that is left to staff.
        if service.pay == "prepaid":
            return "gone"
        return "acted" if service.state == "active" or off_for_money else "waits"
    if off_for_money or (act == "slow" and service.state == "active" and service.slowed):
        return "already"
    return "acted" if service.state == "active" else "waits"
