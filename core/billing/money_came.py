"""Money reached a customer's balance: invoices are settled, and what was cut off for money goes on at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from psycopg2 import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.agreements import settle_agreements
from core.billing.allocate import pay_from_balance
from core.billing.bill_now import bill_service_now
from core.billing.cut_off import still_cut
from core.billing.draft import Issuer
from core.billing.schedules import SCHEDULED
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.errors import InsufficientBalance, NoExchangeRate
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money
from core.subscriptions.lapse import renew
from core.subscriptions.queries import Service, services_of
from core.subscriptions.slow import slow, unslow
from core.subscriptions.states import By
from core.subscriptions.suspend import resume


@dataclass(frozen=True, slots=True)
class Used:
    """What the money did: settled so much, and put these services on again (their numbers).

    `due` and `balance` are what was left then; None where they are to be looked up: a service that went on may have
    been billed, or nothing was due.
    """

    settled: Money
    back_on: tuple[str, ...]
    due: Money | None = None
    balance: Money | None = None


LOG = log("billing.money_came")
_RACE_LOST: Final = (pg.SerializationFailure, pg.DeadlockDetected)  # all is done again from the start
# What may wait for money at all: most customers have neither, and are asked no more than this.
_WAITS: Final = text("""
    SELECT EXISTS (SELECT 1 FROM promise_to_pay WHERE customer_id = :customer AND state = 'open')
           OR EXISTS (SELECT 1 FROM payment_plan WHERE customer_id = :customer AND state = 'running') AS agreement,
           EXISTS (SELECT 1 FROM subscription WHERE customer_id = :customer AND state <> 'terminated'
                   AND (slowed OR suspended_for IN ('unpaid', 'lapsed'))) AS service
""")
# Who has a service off for money, and a balance or nothing that keeps it off: it may have waited for an exchange rate,
# or for a fault of ours. A bill counts from its own day here: what was issued late or agreed on, `still_cut` says.
_OFF: Final = text(
    f"""
    SELECT DISTINCT u.customer_id FROM subscription u JOIN customer o ON o.id = u.customer_id
    JOIN ledger_account w ON w.id = o.wallet_id
    WHERE u.state = 'suspended' AND (
      u.suspended_for = 'lapsed' AND w.balance_minor > 0
      OR u.suspended_for = 'unpaid' AND NOT EXISTS (
        SELECT 1 FROM {SCHEDULED} JOIN dunning_step p ON p.schedule = n.schedule AND p.act IN ('suspend', 'terminate')
        WHERE d.customer_id = u.customer_id AND d.due_minor > 0 AND d.due_on + p.days <= :today
          AND (f.subscription_id = u.id OR f.subscription_id IS NULL AND u.pay = 'postpaid')))
    ORDER BY u.customer_id
    """
)

# Called with every credit to a balance: (transaction, customer, key of the credit, now). Wired at the edge.
MoneyCame = Callable[[Transaction, int, str, datetime], None]


def used_by(issuer: Issuer) -> MoneyCame:
    """`money_came` as rooms below this one are handed it."""

    def came(tx: Transaction, customer_id: int, key: str, now: datetime) -> None:
        money_came(tx, customer_id=customer_id, key=key, issuer=issuer, now=now)

    return came


def money_came(
    tx: Transaction,
    *,
    customer_id: int,
    key: str,
    issuer: Issuer,
    now: datetime,
    invoice_id: int | None = None,
) -> Used:
    """Use a customer's balance for what they owe, a named invoice first; then reconnect, within this transaction.

    A service suspended for unpaid bills goes on as far as dunning would leave it now, at full speed or slow; a prepaid
    one that lapsed when the balance covers its next month.
    """
    settled = pay_from_balance(tx, customer_id=customer_id, key=key, now=now, invoice_id=invoice_id)
    waits = tx.execute(_WAITS, {"customer": customer_id}).one()
    if waits.agreement:
        settle_agreements(tx, customer_id=customer_id, now=now)
    back_on = reconnect(tx, customer_id=customer_id, issuer=issuer, now=now, why="paid") if waits.service else ()
    if back_on:
        return Used(settled.used, tuple(back_on))
    return Used(settled.used, (), settled.due, settled.balance)


def reconnect(tx: Transaction, *, customer_id: int, issuer: Issuer, now: datetime, why: str) -> list[str]:
    """Put on again what is off or slow for money, as far as nothing is in its way any more. The numbers of these."""
    by = By(now, why)
    services = services_of(tx.connection, customer_id)
    stay = still_cut(tx, customer_id, services, now)
    back, slowly = [], False
    for service in services:
        try:
            # A savepoint each: money is recorded whatever is wrong with a service, and the others go on.
            with tx.connection.begin_nested():
                act = stay.acts.get(service.subscription_id)
                if _put_on(tx, service, by, issuer, act):
                    back.append(service.number)
                    slowly = slowly or act == "slow"
        except Exception as fault:
            if isinstance(fault, DBAPIError) and (fault.connection_invalidated or isinstance(fault.orig, _RACE_LOST)):
                raise
            LOG.exception("paid for, and not put on again", service=service.number)
    if back:
        _tell(tx, customer_id, back, now, stay.owed if slowly else None)
    return back


def put_on_again(db: Database, *, issuer: Issuer, now: datetime) -> int:
    """Put on what is off for money with nothing in its way any more, a transaction a customer. How many services."""
    with db.reading() as connection:
        customers = connection.execute(_OFF, {"today": juba_day(now)}).scalars().all()
    back = 0
    for customer_id in customers:
        try:
            back += len(db.run(partial(reconnect, customer_id=customer_id, issuer=issuer, now=now, why="paid")))
        except Exception:
            LOG.exception("customer not put on again", customer=customer_id)
    return back


def _put_on(tx: Transaction, service: Service, by: By, issuer: Issuer, act: str | None) -> bool:
    """Put one service on again, or give it its speed back, as far as the worst act still due lets. True: it was off."""
    if act not in (None, "slow"):
        return False
    back = False
    if service.suspended_for == "unpaid":
        resume(tx, subscription_id=service.subscription_id, by=by)
        back = True
    elif service.suspended_for == "lapsed":
        back = _renewed(tx, service, by, issuer)
    if act is None and service.slowed and service.state != "terminated":
        unslow(tx, subscription_id=service.subscription_id, by=by)
    elif act is not None and back:
        slow(tx, subscription_id=service.subscription_id, by=by)
    return back


def _tell(tx: Transaction, customer_id: int, back: list[str], now: datetime, owed: Money | None) -> None:
    """Text that these are on again; but slow, where `owed` is still to be paid for their speed."""
    who = account(tx.connection, customer_id)
    queue_text(
        tx,
        phone=who.main_phone,
        tongue=who.tongue,
        template="service_back" if owed is None else "service_back_slow",
        key=f"back:{','.join(back)}:{now.isoformat()}",
        now=now,
        facts={} if owed is None else {"amount": owed},
    )


def _renewed(tx: Transaction, service: Service, by: By, issuer: Issuer) -> bool:
    """A lapsed service renewed from the balance; not at all where that is too small."""
    try:
        with tx.connection.begin_nested():
            renew(tx, subscription_id=service.subscription_id, by=by)
            bill_service_now(tx, subscription_id=service.subscription_id, issuer=issuer, now=by.now)
    except (InsufficientBalance, NoExchangeRate):
        return False
    return True
