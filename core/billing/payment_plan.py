"""Agreeing to pay what is owed in parts. While the parts come in time, nobody is cut off for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select

from core.billing.allocate import OpenInvoice, open_invoices
from core.billing.instalments import PARTS_LEAST, PARTS_MOST, Part, instalments
from core.billing.models import Instalment, PaymentPlan, PlanInvoice
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import KeyReused, NothingDue, NotPossibleNow, PlanRunning
from core.messaging.queue_text import queue_text
from core.money import Money

BROKEN_REST: Final = timedelta(days=90)  # after a plan was broken, before another is agreed on


@dataclass(frozen=True, slots=True)
class Agreed:
    """A payment plan. `again`: the same request had agreed on it before."""

    plan_id: int
    total: Money
    parts: tuple[Part, ...]
    again: bool


def agree_plan(
    tx: Transaction, *, request_key: str, customer_id: int, parts: int, through: str, now: datetime
) -> Agreed:
    """Agree that all a customer owes now is paid in so many parts, and text them when. Once per `request_key`.

    When the parts are due: `core.billing.instalments`. `through`: where it was agreed, as `ussd`.

    Raises:
        NotPossibleNow: not 2 to 6 parts, or less is owed than could be split so.
        NothingDue: they owe nothing.
        PlanRunning: a plan runs already, or one was broken within `BROKEN_REST`.
        KeyReused: the key agreed on something else before.
    """
    if not PARTS_LEAST <= parts <= PARTS_MOST:
        raise NotPossibleNow(what="payment plan", state=f"{parts} parts")
    owed = open_invoices(tx, customer_id)  # locked: two requests at once follow each other
    before = _agreed_before(tx, request_key, customer_id, parts)
    if before is not None:
        return before
    if not owed:
        raise NothingDue
    total = sum((one.due for one in owed), Money(0, HOME_CURRENCY))
    if total.minor < parts:
        raise NotPossibleNow(what="payment plan", state=f"{parts} parts")
    _refuse_second(tx, customer_id, now)
    agreed = tuple(instalments(total, parts, juba_day(now)))
    plan_id = _write(tx, request_key, customer_id, through, total, owed, agreed, now)
    _tell(tx, plan_id, customer_id, total, agreed, now)
    return Agreed(plan_id, total, agreed, again=False)


def _agreed_before(tx: Transaction, request_key: str, customer_id: int, parts: int) -> Agreed | None:
    plan = tx.execute(
        select(PaymentPlan.id, PaymentPlan.customer_id, PaymentPlan.total_minor, PaymentPlan.currency).where(
            PaymentPlan.request_key == request_key
        )
    ).first()
    if plan is None:
        return None
    rows = tx.execute(
        select(Instalment.due_on, Instalment.amount_minor)
        .where(Instalment.plan_id == plan.id)
        .order_by(Instalment.position)
    ).all()
    if (plan.customer_id, len(rows)) != (customer_id, parts):
        raise KeyReused(key=request_key)
    agreed = tuple(Part(row.due_on, Money(row.amount_minor, plan.currency)) for row in rows)
    return Agreed(plan.id, Money(plan.total_minor, plan.currency), agreed, again=True)


def _refuse_second(tx: Transaction, customer_id: int, now: datetime) -> None:
    broken = (PaymentPlan.state == "broken") & (PaymentPlan.ended_at > now - BROKEN_REST)
    in_the_way = select(PaymentPlan.id).where(
        PaymentPlan.customer_id == customer_id, (PaymentPlan.state == "running") | broken
    )
    if tx.execute(in_the_way.limit(1)).first():
        raise PlanRunning


def _write(
    tx: Transaction,
    request_key: str,
    customer_id: int,
    through: str,
    total: Money,
    owed: Sequence[OpenInvoice],
    agreed: Sequence[Part],
    now: datetime,
) -> int:
    plan_id: int = tx.execute(
        insert(PaymentPlan)
        .values(
            request_key=request_key,
            customer_id=customer_id,
            total_minor=total.minor,
            currency=total.currency,
            state="running",
            agreed_at=now,
            agreed_through=through,
        )
        .returning(PaymentPlan.id)
    ).scalar_one()
    tx.execute(
        insert(PlanInvoice),
        [{"plan_id": plan_id, "invoice_id": one.invoice_id, "due_minor": one.due.minor} for one in owed],
    )
    tx.execute(
        insert(Instalment),
        [
            {"plan_id": plan_id, "position": position, "due_on": part.due_on, "amount_minor": part.amount.minor}
            for position, part in enumerate(agreed, 1)
        ],
    )
    return plan_id


def _tell(tx: Transaction, plan_id: int, customer_id: int, total: Money, agreed: Sequence[Part], now: datetime) -> None:
    customer = account(tx.connection, customer_id)
    # Without the year, which nobody can mistake, six parts fit three segments in Arabic.
    lines = (f"{part.due_on:%d/%m} {str(part.amount).removeprefix(f'{HOME_CURRENCY} ')}" for part in agreed)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="plan_agreed",
        key=f"plan:{plan_id}",
        now=now,
        facts={"amount": total, "parts": "\n".join(lines)},
    )
