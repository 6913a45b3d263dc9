"""The billing run: every service whose bill is due by a day, day by day, a chunk a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from core.billing.bill_chunk import Outcome, Terms, bill_chunk
from core.billing.billable import Chunk, due_on
from core.billing.draft import Issuer
from core.catalog.billed_days import BILLING
from core.catalog.tariffs import tariff_book
from core.catalog.taxes import HOME_CURRENCY, Exchange, exchange_on, exchanges_for, tax_terms_on
from core.days import first_of_month, juba_day, on_day
from core.db.engine import Database, Transaction
from core.errors import InvalidDay
from core.ledger.close_month import closed_months
from core.logs import log
from core.money import MINOR_DIGITS

LOG = log("billing")
CHUNK: Final = 500  # services a transaction: memory stays flat, and a kill loses no more work than this
_NEXT_DAY: Final = text(
    "SELECT min(next_bill_on) FROM subscription WHERE next_bill_on > :after AND next_bill_on <= :day"
)
_IDS: Final = text("SELECT id FROM subscription WHERE next_bill_on = :day AND id > :after ORDER BY id LIMIT :most")
# The rates that bills of a day were made with, in a run that was cut off perhaps: not what was billed as it began.
_RATES_USED: Final = text(
    """
    SELECT DISTINCT ON (r.currency) r.currency, r.id, r.day, r.rate_millionths, r.source
    FROM invoice i JOIN exchange_rate r ON r.id = i.exchange_rate_id
    WHERE i.issued_on = :day AND i.kind = 'invoice' AND i.period_from IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM subscription_move m
                      WHERE m.subscription_id = i.subscription_id AND m.at = i.issued_at)
    ORDER BY r.currency, i.id
    """
)
_LONG_AGO: Final = date(1970, 1, 1)


@dataclass(slots=True)
class Run:
    """What a run did. `faults`: services that could not be billed and stay due, a line each."""

    issued: int = 0
    total_minor: int = 0
    lapsed: int = 0
    faults: list[str] = field(default_factory=list)


def bill_due(
    db: Database, *, day: date, issuer: Issuer, now: datetime, heard: Callable[[Outcome], None] = lambda _outcome: None
) -> Run:
    """Bill everything due on or before a day. Twice the same day changes nothing; killed anywhere, it goes on.

    Each chunk is a transaction: what was issued stays issued, and is not due any more; the rest is billed with the
    same terms, whatever was set since (`core.catalog.billed_days`), and rates. A day missed is billed as if
    it had been run on time, with its own date, taxes and rates; a closed month's bills are dated in the first open one.
    What waited for an exchange rate is billed with the first one that came.

    Raises:
        InvalidDay: the day is still to come in Juba.
    """
    if day > juba_day(now):
        raise InvalidDay(typed=day.isoformat())
    run = Run()
    bill_day = _read(db, _LONG_AGO, day)
    while bill_day is not None:
        _bill_day(db, bill_day, issuer, now, run, heard)
        bill_day = _read(db, bill_day, day)
    return run


def _read(db: Database, after: date, day: date) -> date | None:
    with db.reading() as connection:
        return _next_day(connection, after, day)


def _bill_day(
    db: Database, bill_day: date, issuer: Issuer, now: datetime, run: Run, heard: Callable[[Outcome], None]
) -> None:
    last: int | None = 0
    with db.reading() as connection:
        exchanges = _exchanges(connection, bill_day)
    bill = partial(_bill_next, bill_day=bill_day, exchanges=exchanges, issuer=issuer, now=now)
    while last is not None:
        after = last
        try:
            last, outcome = db.run(partial(bill, after=after, most=CHUNK))
        except IntegrityError:
            LOG.exception("a chunk was refused by the database; its services are billed one by one")
            last, outcome = _one_by_one(db, bill, bill_day, after)
        _count(run, outcome)
        heard(outcome)


def _one_by_one(
    db: Database, bill: Callable[..., tuple[int | None, Outcome]], bill_day: date, after: int
) -> tuple[int | None, Outcome]:
    """The same chunk, so that one service that the database refuses holds up no other."""
    whole = Outcome()
    with db.reading() as connection:
        ids = connection.execute(_IDS, {"day": bill_day, "after": after, "most": CHUNK}).scalars().all()
    for service_id in ids:
        try:
            _last, outcome = db.run(partial(bill, after=service_id - 1, most=1))
        except IntegrityError as error:
            outcome = Outcome(faults=[f"service {service_id}: {type(error.orig).__name__}"])
        whole.issued += outcome.issued
        whole.lapsed += outcome.lapsed
        whole.faults += outcome.faults
    return (ids[-1] if ids else None), whole


def preview(db: Database, *, day: date, issuer: Issuer, now: datetime, heard: Callable[[Outcome], None]) -> Run:
    """What `bill_due` would do, told chunk by chunk, in one transaction that is rolled back: nothing stays."""
    run = Run()
    with db.engine.connect() as connection:
        tx = Transaction(connection)
        bill_day = _next_day(connection, _LONG_AGO, day)
        while bill_day is not None:
            exchanges = _exchanges(connection, bill_day)
            bill = partial(_bill_next, bill_day=bill_day, exchanges=exchanges, issuer=issuer, now=now)
            last: int | None = 0
            while last is not None:
                last, outcome = bill(tx, after=last, most=CHUNK)
                _count(run, outcome)
                heard(outcome)
            bill_day = _next_day(connection, bill_day, day)
        connection.rollback()
    return run


def terms_of(connection: Connection, day: date, issuer: Issuer) -> Terms:
    """Tariffs, taxes and rates for documents of today; dated in the first open month if its own is closed."""
    issue_day = _issue_day(connection, day)
    currencies = [currency for currency in MINOR_DIGITS if currency != HOME_CURRENCY]
    exchanges = {currency: exchange_on(connection, currency, issue_day) for currency in currencies}
    return _terms(connection, issue_day, exchanges, issuer)


def _terms(connection: Connection, issue_day: date, exchanges: Mapping[str, Exchange | None], issuer: Issuer) -> Terms:
    return Terms(tariff_book(connection), tax_terms_on(connection, issue_day), exchanges, issuer, issue_day)


def _issue_day(connection: Connection, bill_day: date) -> date:
    closed = closed_months(connection)
    if closed and first_of_month(bill_day) <= closed[-1]:
        return on_day(closed[-1].year, closed[-1].month + 1, 1)
    return bill_day


def _exchanges(connection: Connection, bill_day: date) -> dict[str, Exchange]:
    """The rates that all bills of a day are made with: as the first of them, though a rate was corrected since."""
    day = _issue_day(connection, bill_day)
    used = {row.currency: Exchange(*row[1:]) for row in connection.execute(_RATES_USED, {"day": day})}
    return exchanges_for(connection, day) | used


def _bill_next(
    tx: Transaction,
    *,
    bill_day: date,
    exchanges: Mapping[str, Exchange],
    after: int,
    issuer: Issuer,
    now: datetime,
    most: int,
) -> tuple[int | None, Outcome]:
    """One chunk of a day: the last id of it, None when the day is done."""
    tx.execute(BILLING)
    terms = _terms(tx.connection, _issue_day(tx.connection, bill_day), exchanges, issuer)
    chunk = due_on(tx, bill_day=bill_day, issue_day=terms.issue_day, after=after, most=most)
    if not chunk.services:
        return None, Outcome()
    outcome = bill_chunk(tx, _as_owed(chunk), terms, now)
    return chunk.services[-1].due.subscription_id, outcome


def _as_owed(chunk: Chunk) -> Chunk:
    """Prepaid services that have ended are billed for what they used as postpaid ones: they cannot lapse any more.

    What is beyond a prepaid plan's data was never sold: it is not counted.
    """
    ended = {one.due.subscription_id for one in chunk.services if one.due.pay == "prepaid" and one.due.ended_on}
    if not ended:
        return chunk
    services = [
        replace(one, due=replace(one.due, pay="postpaid")) if one.due.subscription_id in ended else one
        for one in chunk.services
    ]
    usage = {service_id: days for service_id, days in chunk.usage.items() if service_id not in ended}
    return replace(chunk, services=services, usage=usage)


def _next_day(connection: Connection, after: date, day: date) -> date | None:
    found: date | None = connection.execute(_NEXT_DAY, {"after": after, "day": day}).scalar()
    return found


def _count(run: Run, outcome: Outcome) -> None:
    run.issued += len(outcome.issued)
    run.total_minor += sum(one.total.minor for one in outcome.issued)
    run.lapsed += len(outcome.lapsed)
    run.faults += outcome.faults
