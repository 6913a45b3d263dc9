"""Days off and on again: what pausing, suspending and resuming have in common. Today counts as a day of service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.catalog.tariffs import TariffTerms, tariff_book
from core.days import DAY, juba_day, period_of
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.subscriptions import access
from core.subscriptions.activate import open_term
from core.subscriptions.queries import Service
from core.subscriptions.queries import terms as terms_of
from core.subscriptions.schedule import next_bill_day
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.terms import agreed_after, agreed_before_stop, close_term, reopen_term, tariff_on


@dataclass(frozen=True, slots=True)
class Resumed:
    """A service on again: its first billed day, and its tariff."""

    from_day: date
    terms: TariffTerms


def days_off(tx: Transaction, service: Service, verb: str, by: By, **values: object) -> None:
    """Stop it from tomorrow on.

    Days paid in advance are kept; postpaid days used are billed when their month is over. A change of plan agreed on
    for later is kept as well, in the row that tells of this act.

    Raises:
        NotPossibleNow: not from where it is; or it begins tomorrow, as one that was handed over today: there is no day
            to stop after, and nothing it could go on with.
    """
    refuse_unless_possible(service, verb)
    tomorrow = juba_day(by.now) + DAY
    if all(term.from_day >= tomorrow for term in terms_of(tx.connection, service.subscription_id)):
        raise NotPossibleNow(what="service", state="begins tomorrow")
    agreed = agreed_after(tx, service.subscription_id, tomorrow)
    tariff_id = close_term(tx, service.subscription_id, tomorrow)
    if service.pay == "prepaid":
        kept = service.billed_until - tomorrow if service.billed_until else None
        days = max(0, kept.days) if kept else 0
        values |= {"kept_days": service.kept_days + days, "next_bill_on": None}
        if days or service.state != "active":  # days used and not billed yet stay as they are
            values["billed_until"] = tomorrow
    detail: dict[str, object] = {"tariff": tariff_id}
    if agreed is not None:
        detail["agreed"] = {"tariff": agreed.tariff_id, "day": agreed.from_day.isoformat()}
    move(tx, service, verb, by, detail, **values)
    access.stop(tx, service, by.now)


def days_on(tx: Transaction, service: Service, verb: str, by: By, **values: object) -> Resumed:
    """Let it go on from today, first with the days that were kept; then with the plan that was agreed on for later."""
    refuse_unless_possible(service, verb)
    unbilled = service.pay == "prepaid" and has_unbilled(tx, service)
    begins = reopen_term(tx, service.subscription_id, juba_day(by.now))
    changed = _change_as_agreed(tx, service, begins)
    terms = tariff_of(tx, service, begins)
    billed_until, anchor = begins, service.anchor_day
    if unbilled and service.billed_until is not None:
        billed_until = service.billed_until  # days used before it stopped are billed first; days off cost nothing
    elif service.pay == "prepaid":
        billed_until = begins + service.kept_days * DAY
        # A month that still ends on its day keeps it: the 28th of February may stand for the 31st.
        if terms.billed_on == "anniversary" and period_of(billed_until, anchor).first != billed_until:
            anchor = billed_until.day
    elif service.next_bill_on is not None and service.billed_until is not None:
        billed_until = service.billed_until  # days used before it stopped wait for their month to be over
    else:
        billed_until = period_of(begins, anchor).first  # days off before it cost nothing
    move(
        tx,
        service,
        verb,
        by,
        {"tariff": terms.tariff_id, "kept_days": service.kept_days},
        kept_days=0,
        anchor_day=anchor,
        billed_until=billed_until,
        next_bill_on=next_bill_day(service.pay, anchor, billed_until),
        **values,
    )
    if changed:
        access.set_speed(tx, service, terms, by.now, slowed=service.slowed)
    access.go_on(tx, service, by.now)
    return Resumed(begins, terms)


def has_unbilled(tx: Transaction, service: Service) -> bool:
    """Whether a service that stopped was on, before it did, on days that were never billed."""
    until = service.billed_until
    stopped = [term.until_day for term in terms_of(tx.connection, service.subscription_id) if term.until_day]
    return until is not None and bool(stopped) and until < max(stopped)


def _change_as_agreed(tx: Transaction, service: Service, begins: date) -> bool:
    """Put a change agreed on before it stopped into its terms again. True: it holds from the first day on.

    Prepaid, it begins with the first day not paid for, which moved with the days off; postpaid, on the day agreed.
    """
    agreed = agreed_before_stop(tx, service.subscription_id)
    if agreed is None:
        return False
    day = begins + service.kept_days * DAY if service.pay == "prepaid" else max(agreed.day, begins)
    close_term(tx, service.subscription_id, day)
    open_term(tx, service.subscription_id, agreed.tariff_id, day)
    return day == begins


def tariff_of(tx: Transaction, service: Service, day: date) -> TariffTerms:
    """The version of its tariff on a day."""
    terms = tariff_book(tx.connection).version(tariff_on(tx, service.subscription_id, day), day)
    if terms is None:
        raise AssertionError("a tariff that is used has a version")
    return terms
