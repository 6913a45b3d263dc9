"""Billing a chunk of services in one transaction: documents, balances used, and where each service stands then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text

from core.billing.agreements import money_unknown
from core.billing.allocate import Part, allocate_many
from core.billing.billable import Billable, Chunk, Waiting
from core.billing.draft import Draft, Issuer
from core.billing.fit_charges import Fitted, fit, take
from core.billing.issue import Issued, issue, totals_of
from core.billing.service_lines import Billed, bill_had, bill_service
from core.billing.tax_rule import Totals
from core.billing.unused import give_for_nothing
from core.billing.use_charges import use_charges
from core.catalog.tariffs import TariffBook
from core.catalog.taxes import HOME_CURRENCY, Exchange, TaxTerms
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InsufficientBalance, Refusal
from core.logs import log
from core.money import Money
from core.subscriptions.lapse import lapse
from core.subscriptions.states import By

LOG = log("billing")
NOTHING: Final = Money(0, HOME_CURRENCY)
_ADVANCE: Final = text(
    """
    UPDATE subscription s
    SET billed_until = fresh.billed_until, next_bill_on = fresh.next_bill_on, promotion_left = fresh.promotion_left,
        promotion_runs = s.promotion_left > fresh.promotion_left, on_unpaid = false
    FROM unnest(CAST(:ids AS bigint[]), CAST(:until AS date[]), CAST(:next AS date[]), CAST(:left AS int[]))
         AS fresh (id, billed_until, next_bill_on, promotion_left)
    WHERE s.id = fresh.id
    """
)
_ON_UNPAID: Final = text("UPDATE subscription SET on_unpaid = true WHERE id = :id AND state = 'active'")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all documents of a day."""

    book: TariffBook
    rates: Sequence[TaxTerms]
    exchanges: Mapping[str, Exchange | None]
    issuer: Issuer
    issue_day: date


@dataclass(slots=True)
class Outcome:
    """What came of a chunk."""

    issued: list[Issued] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A service whose bill is computed."""

    service: Billable
    billed: Billed
    draft: Draft | None
    totals: Totals | None
    charges: Sequence[Fitted]
    paid: Money = NOTHING


def bill_chunk(tx: Transaction, chunk: Chunk, terms: Terms, now: datetime, *, refuse: bool = False) -> Outcome:
    """Bill every service of the chunk. One that cannot be billed stays due, is told of, and holds up no other.

    Prepaid is paid from the balance as it is issued, or lapses; postpaid uses what credit there is. Days that a service
    was on while it waited, for money or for a rate, are owed when it lapses. With `refuse`, a service that cannot be
    billed or paid stops all of it.

    Raises:
        InsufficientBalance, NoExchangeRate: with `refuse` only.
    """
    outcome = Outcome()
    balances = dict(chunk.balances)
    waiting = {customer: list(charges) for customer, charges in chunk.charges.items()}
    ready: list[_Ready] = []
    for service in chunk.services:
        try:
            one = _compute(service, chunk, terms, waiting)
        except Refusal as refusal:
            if refuse:
                raise
            outcome.faults.append(f"{service.service_number}: {type(refusal).__name__} {refusal.facts()}")
            _goes_on_unpaid(tx, service)
            continue
        except Exception as error:
            if refuse:
                raise
            LOG.exception("service not billed", subscription=service.service_number)
            outcome.faults.append(f"{service.service_number}: {type(error).__name__}")
            continue
        have = balances[service.buyer.wallet_id]
        if one.totals is not None and service.due.pay == "prepaid" and have < one.totals.total:
            if refuse:
                raise InsufficientBalance(needed=one.totals.total, have=have)
            if money_unknown(tx.connection, service.buyer.customer_id, now):
                _goes_on_unpaid(tx, service)  # it stays due: nobody is cut off for money on its way
                continue
            _lapse(tx, service, now, outcome)
            owed = _had(service, chunk, terms, juba_day(now))
            if owed is None or owed.totals is None:
                continue
            one = owed
        if one.totals is not None:
            # In the order of services, whatever the chunks: so a run cut anywhere uses credit as a whole one would.
            one = replace(one, paid=min(have, one.totals.total))
            balances[service.buyer.wallet_id] = have - one.paid
        take(waiting.get(service.buyer.customer_id, []), one.charges)
        ready.append(one)
    outcome.issued = _write(tx, ready, terms, now)
    return outcome


def _goes_on_unpaid(tx: Transaction, service: Billable) -> None:
    if service.due.pay == "prepaid" and not service.on_unpaid:
        tx.execute(_ON_UNPAID, {"id": service.due.subscription_id})


def _had(service: Billable, chunk: Chunk, terms: Terms, today: date) -> _Ready | None:
    """The bill of days that a service had unpaid before it lapses today.

    A run that comes late, and finds what ran out meanwhile, makes none: that it came late is no matter of the customer.
    """
    stopped = any(term.until_day is not None and term.until_day <= today for term in service.due.terms)
    if not service.on_unpaid and not stopped:
        return None
    billed = bill_had(service.due, today, terms.book, terms.exchanges, chunk.used)
    return None if billed is None else _drafted(service, billed, (), chunk, terms)


def _compute(service: Billable, chunk: Chunk, terms: Terms, waiting: Mapping[int, list[Waiting]]) -> _Ready:
    billed = bill_service(service.due, terms.book, terms.exchanges, chunk.used)
    # Days off are no bill, whenever the run comes to them: what waits stands on the next one that is.
    was_on = any(billed.days.overlap(term.from_day, term.until_day) for term in service.due.terms)
    mine = waiting.get(service.buyer.customer_id, ()) if was_on else ()
    charges = fit(billed.lines, mine, service.due.subscription_id)
    return _drafted(service, billed, charges, chunk, terms)


def _drafted(service: Billable, billed: Billed, charges: Sequence[Fitted], chunk: Chunk, terms: Terms) -> _Ready:
    lines = (*billed.lines, *(charge.line for charge in charges))
    if not lines:
        return _Ready(service, billed, None, None, ())
    draft = Draft(
        key=f"service:{service.due.subscription_id}:{billed.days.first.isoformat()}",
        kind="invoice",
        buyer=service.buyer,
        lines=lines,
        issued_on=terms.issue_day,
        due_on=terms.issue_day + timedelta(days=billed.due_days),
        exemptions=chunk.exemptions.get(service.buyer.customer_id, {}),
        subscription_id=service.due.subscription_id,
        period=billed.days,
        exchange_rate_id=billed.exchange_rate_id,
    )
    totals = totals_of(draft, terms.rates, terms.issuer)
    if totals.total.minor <= 0:  # a month given away: its days count as billed, and so does what made it so
        return _Ready(service, billed, None, None, charges)
    return _Ready(service, billed, draft, totals, charges)


def _lapse(tx: Transaction, service: Billable, now: datetime, outcome: Outcome) -> None:
    lapse(tx, subscription_id=service.due.subscription_id, by=By(now, "the balance does not cover the next month"))
    outcome.lapsed.append(service.service_number)


def _write(tx: Transaction, ready: Sequence[_Ready], terms: Terms, now: datetime) -> list[Issued]:
    documents = [one for one in ready if one.draft is not None and one.totals is not None]
    issued = issue(
        tx, [(one.draft, one.totals) for one in documents if one.draft and one.totals], issuer=terms.issuer, now=now
    )
    if ready:
        tx.execute(
            _ADVANCE,
            {
                "ids": [one.service.due.subscription_id for one in ready],
                "until": [one.billed.billed_until for one in ready],
                "next": [one.billed.next_bill_on for one in ready],
                "left": [one.billed.promotion_left for one in ready],
            },
        )
    for_nothing = [
        (one.service.due.subscription_id, one.billed.days)
        for one in ready
        if one.draft is None and one.service.due.pay == "prepaid"
    ]
    give_for_nothing(tx, for_nothing, now)
    bills = {one.service.due.subscription_id: done.invoice_id for one, done in zip(documents, issued, strict=True)}
    used = [(charge, bills.get(one.service.due.subscription_id)) for one in ready for charge in one.charges]
    use_charges(tx, used, terms.issue_day)
    parts = [
        Part(
            "issue",
            "payment",
            done.invoice_id,
            one.service.buyer.number,
            f"wallet:{one.service.buyer.number}",
            one.paid,
        )
        for one, done in zip(documents, issued, strict=True)
        if one.paid.minor
    ]
    allocate_many(tx, parts, now)
    return issued
