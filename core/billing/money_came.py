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
from core.customers.queries import account
from core.db.engine import Database, Transaction
from core.errors import InsufficientBalance, NoExchangeRate
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money
from core.subscriptions.lapse import renew
from core.subscriptions.queries import Service, services_of
from core.subscriptions.slow import unslow
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
# Who has a balance or owes nothing, and a service off for money: it may have waited for an exchange rate.
_OFF: Final = text("""
    SELECT DISTINCT s.customer_id FROM subscription s JOIN customer c ON c.id = s.customer_id
    JOIN ledger_account w ON w.id = c.wallet_id
    WHERE s.state = 'suspended' AND (
        s.suspended_for = 'lapsed' AND w.balance_minor > 0
        OR s.suspended_for = 'unpaid' AND NOT EXISTS (
            SELECT 1 FROM invoice_due d WHERE d.customer_id = s.customer_id AND d.due_minor > 0))
    ORDER BY s.customer_id
""")

# Called with every credit to a balance: (transaction, customer, key of the credit, now). Wired at the edge.
MoneyCame = Callable[[Transaction, int, str, datetime], None]


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

    A service suspended for unpaid bills goes on when dunning would not cut it off now; a prepaid one that lapsed when
    the balance covers its next month.
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
    back = []
    for service in services:
        try:
            # A savepoint each: money is recorded whatever is wrong with a service, and the others go on.
            with tx.connection.begin_nested():
                if _put_on(tx, service, by, issuer, clear=service.subscription_id not in stay):
                    back.append(service.number)
        except Exception as fault:
            if isinstance(fault, DBAPIError) and (fault.connection_invalidated or isinstance(fault.orig, _RACE_LOST)):
                raise
            LOG.exception("paid for, and not put on again", service=service.number)
    if back:
        _tell(tx, customer_id, back, now)
    return back


def put_on_again(db: Database, *, issuer: Issuer, now: datetime) -> int:
    """Put on what is off for money with nothing in its way any more, a transaction a customer. How many services."""
    with db.reading() as connection:
        customers = connection.execute(_OFF).scalars().all()
    back = 0
    for customer_id in customers:
        try:
            back += len(db.run(partial(reconnect, customer_id=customer_id, issuer=issuer, now=now, why="paid")))
        except Exception:
            LOG.exception("customer not put on again", customer=customer_id)
    return back


def _put_on(tx: Transaction, service: Service, by: By, issuer: Issuer, *, clear: bool) -> bool:
    """Put one service on again, or give it its speed back. True: it was off."""
    back = False
    if clear and service.state == "suspended" and service.suspended_for == "unpaid":
        resume(tx, subscription_id=service.subscription_id, by=by)
        back = True
    elif service.suspended_for == "lapsed":
        back = _renewed(tx, service, by, issuer)
    if clear and service.slowed and service.state != "terminated":
        unslow(tx, subscription_id=service.subscription_id, by=by)
    return back


def _tell(tx: Transaction, customer_id: int, back: list[str], now: datetime) -> None:
    who = account(tx.connection, customer_id)
    queue_text(
        tx,
        phone=who.main_phone,
        tongue=who.tongue,
        template="service_back",
        key=f"back:{','.join(back)}:{now.isoformat()}",
        now=now,
        facts={},
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
