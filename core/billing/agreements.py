"""What holds cutting off: promises, payment plans that are kept, money on its way. And how agreements end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, text

from core.billing.allocate import open_invoices
from core.days import DAY, juba_day
from core.db.engine import Database, Transaction
from core.logs import log

LOG = log("billing.agreements")
BATCH_MAX: Final = 500
GRACE: Final = DAY  # after an instalment's day: money sent in the evening is often seen in the morning
# An open payment holds cutting off for so long; one that is unknown until it is known, or a person has settled it.
UNKNOWN_MONEY_HOLDS: Final = timedelta(days=3)

_PROMISED: Final = text(
    "SELECT 1 FROM promise_to_pay WHERE customer_id = :customer AND state = 'open' AND until_day >= :today"
)
_MONEY_UNKNOWN: Final = text(
    """
    SELECT 1 FROM payment_intent
    WHERE customer_id = :customer
      AND (state = 'unknown' OR state IN ('created', 'submitted') AND created_at > :since) LIMIT 1
    """
)
# What was paid or credited since: what was due then, less what is still due.
_PLAN: Final = text(
    """
    SELECT p.id,
           p.total_minor - (SELECT sum(d.due_minor) FROM plan_invoice c JOIN invoice_due d USING (invoice_id)
                            WHERE c.plan_id = p.id) AS paid_minor,
           (SELECT coalesce(sum(n.amount_minor), 0) FROM instalment n
            WHERE n.plan_id = p.id AND n.due_on < :graced) AS agreed_minor
    FROM payment_plan p WHERE p.customer_id = :customer AND p.state = 'running'
    """
)
_OPEN: Final = text(
    """
    SELECT d.invoice_id, d.due_minor,
           EXISTS (SELECT 1 FROM plan_invoice c WHERE c.plan_id = :plan AND c.invoice_id = d.invoice_id) AS planned
    FROM invoice_due d WHERE d.customer_id = :customer AND d.due_minor > 0 ORDER BY d.due_on, d.invoice_id
    """
)
_KEEP_PROMISE: Final = text(
    """
    UPDATE promise_to_pay p SET state = 'kept'
    WHERE p.customer_id = :customer AND p.state = 'open' AND NOT EXISTS (
      SELECT 1 FROM invoice_due d JOIN invoice i ON i.id = d.invoice_id
      WHERE d.customer_id = p.customer_id AND d.due_minor > 0 AND d.due_on <= p.until_day AND i.issued_at <= p.taken_at)
    """
)
_KEEP_PLAN: Final = text(
    """
    UPDATE payment_plan p SET state = 'kept', ended_at = :now
    WHERE p.customer_id = :customer AND p.state = 'running' AND NOT EXISTS (
      SELECT 1 FROM plan_invoice c JOIN invoice_due d USING (invoice_id) WHERE c.plan_id = p.id AND d.due_minor > 0)
    """
)
_BREAK_PROMISE: Final = text(
    """
    UPDATE promise_to_pay SET state = 'broken'
    WHERE customer_id = :customer AND state = 'open' AND until_day < :today RETURNING id
    """
)
_BREAK_PLAN: Final = text("UPDATE payment_plan SET state = 'broken', ended_at = :now WHERE id = :plan")
_AGREED: Final = text(
    """
    SELECT customer_id FROM promise_to_pay WHERE state = 'open' AND until_day < :today AND customer_id > :after
    UNION
    SELECT customer_id FROM payment_plan WHERE state = 'running' AND customer_id > :after
    ORDER BY customer_id LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A running plan. `ahead_minor`: paid beyond the instalments that were due by now; below zero it is broken."""

    plan_id: int
    ahead_minor: int


def settle_agreements(tx: Transaction, *, customer_id: int, now: datetime) -> None:
    """Mark as kept what is: called whenever money came.

    A promise is kept when nothing is left of what stood when it was made and falls due by its day; a plan when its
    invoices are settled.
    """
    tx.execute(_KEEP_PROMISE, {"customer": customer_id})
    tx.execute(_KEEP_PLAN, {"customer": customer_id, "now": now})


def expire_agreements(db: Database, now: datetime) -> int:
    """Mark as broken the promises whose day is over and the plans that are behind. Returns how many were.

    Each customer is a transaction; one that fails is told of in the log and holds up no other.
    """
    broken, after = 0, 0
    while True:
        with db.reading() as connection:
            values = {"today": juba_day(now), "after": after, "most": BATCH_MAX}
            customers = connection.execute(_AGREED, values).scalars().all()
        for customer_id in customers:
            try:
                broken += db.run(partial(_expire, customer_id=customer_id, now=now))
            except Exception:
                LOG.exception("agreements not looked at", customer=customer_id)
        if len(customers) < BATCH_MAX:
            return broken
        after = customers[-1]


def held_invoices(connection: Connection, customer_id: int, now: datetime) -> frozenset[int]:
    """The open invoices for which a customer may not be cut off now: those agreed on; all, if money is on its way."""
    if money_unknown(connection, customer_id, now):
        return frozenset(row.invoice_id for row in connection.execute(_OPEN, {"customer": customer_id, "plan": None}))
    return agreed_invoices(connection, customer_id, now)


def agreed_invoices(connection: Connection, customer_id: int, now: datetime) -> frozenset[int]:
    """The open invoices that an agreement holds.

    A promise holds them all. A plan holds the invoices it covers, and later ones as far as more was paid than the
    instalments by now: payments settle the oldest invoice first, so who pays an instalment and the new month's bill
    at once has paid for both, whatever it was allocated to.
    """
    today = juba_day(now)
    promised = connection.execute(_PROMISED, {"customer": customer_id, "today": today}).first() is not None
    plan = _running_plan(connection, customer_id, today)
    rows = connection.execute(_OPEN, {"customer": customer_id, "plan": plan.plan_id if plan else None}).all()
    if promised:
        return frozenset(row.invoice_id for row in rows)
    if plan is None or plan.ahead_minor < 0:
        return frozenset()
    held, ahead = set(), plan.ahead_minor
    for row in rows:
        if not row.planned:
            ahead -= row.due_minor
        if row.planned or ahead >= 0:
            held.add(row.invoice_id)
    return frozenset(held)


def _expire(tx: Transaction, customer_id: int, now: datetime) -> int:
    open_invoices(tx, customer_id)  # locked: money that comes meanwhile waits, and then finds what was decided
    settle_agreements(tx, customer_id=customer_id, now=now)
    today = juba_day(now)
    broken = len(tx.execute(_BREAK_PROMISE, {"customer": customer_id, "today": today}).all())
    plan = _running_plan(tx.connection, customer_id, today)
    if plan is not None and plan.ahead_minor < 0:
        tx.execute(_BREAK_PLAN, {"plan": plan.plan_id, "now": now})
        broken += 1
    return broken


def _running_plan(connection: Connection, customer_id: int, today: date) -> _Plan | None:
    row = connection.execute(_PLAN, {"customer": customer_id, "graced": today - GRACE}).first()
    return _Plan(row.id, int(row.paid_minor - row.agreed_minor)) if row else None


def money_unknown(connection: Connection, customer_id: int, now: datetime) -> bool:
    """Whether money of a customer may be on its way: nobody is cut off for it."""
    values = {"customer": customer_id, "since": now - UNKNOWN_MONEY_HOLDS}
    return connection.execute(_MONEY_UNKNOWN, values).first() is not None
