"""Adjustments as staff look at them: what one may still do alone, what waits for another, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from core.billing.issue import document_number
from core.billing.limits import alone
from core.billing.models import Adjustment, Invoice
from core.catalog.taxes import HOME_CURRENCY
from core.customers.models import Customer
from core.days import juba_day, start_of_day
from core.errors import NotFound
from core.money import Money
from core.staff.models import StaffMember
from core.subscriptions.models import Subscription

WAITING_SHOWN_MAX: Final = 100
DECIDED_SHOWN_MAX: Final = 30

_Asker = aliased(StaffMember)
_Decider = aliased(StaffMember)
_ASKED: Final = (
    select(
        Adjustment.id,
        Adjustment.kind,
        Adjustment.amount_minor,
        Adjustment.currency,
        Adjustment.reason,
        Adjustment.state,
        Adjustment.asked_by,
        _Asker.name.label("asker"),
        Adjustment.asked_at,
        _Decider.name.label("decider"),
        Adjustment.decided_at,
        Customer.number,
        Customer.name,
        Invoice.series,
        Invoice.year,
        Invoice.number.label("ordinal"),
        Subscription.number.label("service"),
        Adjustment.product_class,
    )
    .join(Customer, Customer.id == Adjustment.customer_id)
    .join(_Asker, _Asker.id == Adjustment.asked_by)
    .outerjoin(_Decider, _Decider.id == Adjustment.decided_by)
    .outerjoin(Invoice, Invoice.id == Adjustment.invoice_id)
    .outerjoin(Subscription, Subscription.id == Adjustment.subscription_id)
)


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """An adjustment with the people, and the document or the service it names."""

    adjustment_id: int
    kind: str
    amount: Money
    reason: str
    state: str
    asked_by: int
    asker: str
    asked_at: datetime
    decider: str | None
    decided_at: datetime | None
    customer_number: str
    customer_name: str
    document: str | None
    service: str | None
    product_class: str | None


def waiting_adjustments(connection: Connection) -> list[AdjustmentView]:
    """What waits for a second person, the first asked first, at most `WAITING_SHOWN_MAX`."""
    rows = _ASKED.where(Adjustment.state == "waiting").order_by(Adjustment.id).limit(WAITING_SHOWN_MAX)
    return [_view(row) for row in connection.execute(rows)]


def decided_adjustments(connection: Connection) -> list[AdjustmentView]:
    """What was asked for last and is decided, at most `DECIDED_SHOWN_MAX`."""
    rows = _ASKED.where(Adjustment.state != "waiting").order_by(Adjustment.id.desc()).limit(DECIDED_SHOWN_MAX)
    return [_view(row) for row in connection.execute(rows)]


def left_alone(connection: Connection, *, staff_id: int, role: str, kind: str, now: datetime) -> Money:
    """How much a person may still move alone today, in Juba, by adjustments of a kind.

    What they did alone counts, whoever it was for; what a second person decided does not.
    """
    done = select(func.coalesce(func.sum(Adjustment.amount_minor), 0)).where(
        Adjustment.asked_by == staff_id,
        Adjustment.asked_at >= start_of_day(juba_day(now)),
        Adjustment.kind == kind,
        Adjustment.state == "done",
        ~Adjustment.needs_second,
    )
    nothing = Money(0, HOME_CURRENCY)
    return max(alone(role, kind) - Money(int(connection.execute(done).scalar_one()), HOME_CURRENCY), nothing)


def count_waiting(connection: Connection) -> int:
    """How many adjustments wait for a second person."""
    return int(connection.execute(select(func.count()).where(Adjustment.state == "waiting")).scalar_one())


def adjustment(connection: Connection, adjustment_id: int) -> AdjustmentView:
    """An adjustment by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_ASKED.where(Adjustment.id == adjustment_id)).first()
    if row is None:
        raise NotFound(what="adjustment")
    return _view(row)


def _view(row: Any) -> AdjustmentView:
    return AdjustmentView(
        row.id,
        row.kind,
        Money(row.amount_minor, row.currency),
        row.reason,
        row.state,
        row.asked_by,
        row.asker,
        row.asked_at,
        row.decider,
        row.decided_at,
        row.number,
        row.name,
        document_number(row.series, row.year, row.ordinal) if row.series else None,
        row.service,
        row.product_class,
    )
