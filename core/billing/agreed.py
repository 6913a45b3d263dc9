"""What a customer has agreed on about paying later: the last promise and the last payment plan, as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, select, text

from core.billing.instalments import Part
from core.billing.models import Instalment, PromiseToPay
from core.catalog.taxes import HOME_CURRENCY
from core.money import Money
from core.staff.models import StaffMember

# What was paid on a plan: what was due on its invoices then, less what is due on them still.
_PLAN: Final = text(
    """
    SELECT p.id, p.total_minor, p.currency, p.state, p.agreed_at, p.agreed_through,
           p.total_minor - (SELECT coalesce(sum(d.due_minor), 0)
                            FROM plan_invoice c JOIN invoice_due d USING (invoice_id)
                            WHERE c.plan_id = p.id) AS paid_minor
    FROM payment_plan p WHERE p.customer_id = :customer ORDER BY p.id DESC LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Promised:
    """A word to pay by a day, that day included. Without `staff` the customer gave it by phone."""

    until_day: date
    state: str
    staff: str | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What was owed, agreed to be paid in parts; `paid` is what has come since."""

    total: Money
    paid: Money
    state: str
    agreed_at: datetime
    through: str
    parts: tuple[Part, ...]


def last_promise(connection: Connection, customer_id: int) -> Promised | None:
    """A customer's last promise to pay, whatever became of it."""
    row = connection.execute(
        select(PromiseToPay.until_day, PromiseToPay.state, StaffMember.name, PromiseToPay.taken_at)
        .outerjoin(StaffMember, StaffMember.id == PromiseToPay.taken_by)
        .where(PromiseToPay.customer_id == customer_id)
        .order_by(PromiseToPay.id.desc())
        .limit(1)
    ).first()
    return Promised(*row) if row else None


def last_plan(connection: Connection, customer_id: int) -> Plan | None:
    """A customer's last payment plan, whatever became of it."""
    row = connection.execute(_PLAN, {"customer": customer_id}).first()
    if row is None:
        return None
    parts = connection.execute(
        select(Instalment.due_on, Instalment.amount_minor)
        .where(Instalment.plan_id == row.id)
        .order_by(Instalment.position)
    )
    return Plan(
        Money(row.total_minor, row.currency),
        Money(int(row.paid_minor), row.currency),
        row.state,
        row.agreed_at,
        row.agreed_through,
        tuple(Part(part.due_on, Money(part.amount_minor, HOME_CURRENCY)) for part in parts),
    )
