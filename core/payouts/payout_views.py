"""Payouts as staff look at them: what waits for whom, one with all that happened to it, what can be given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import aliased

from core.customers.models import Customer
from core.errors import NotFound
from core.money import Money
from core.payments.models import PaymentEvidence, Receipt
from core.payouts.ask_payout import Way
from core.payouts.ask_refund import refundable, way_back
from core.payouts.models import Payout, PayoutMove
from core.payouts.settle_payout_by_hand import FROM
from core.staff.models import StaffMember

SHOWN_MAX: Final = 100
ENDED_SHOWN_MAX: Final = 30

_Asker = aliased(StaffMember)
_Approver = aliased(StaffMember)
_PAYOUTS: Final = (
    select(
        Payout,
        Customer.number,
        Customer.name.label("customer_name"),
        Receipt.number.label("receipt"),
        _Asker.name.label("asker"),
        _Approver.name.label("approver"),
    )
    .join(Customer, Customer.id == Payout.customer_id)
    .outerjoin(Receipt, Receipt.id == Payout.receipt_id)
    .outerjoin(_Asker, _Asker.id == Payout.asked_by)
    .outerjoin(_Approver, _Approver.id == Payout.approved_by)
)
# What the lists hold: the state, and whether it is a person who does the next thing.
LISTS: Final[dict[str, ColumnElement[bool]]] = {
    "waiting": Payout.state == "waiting",
    "by_hand": (Payout.state == "approved") & (Payout.rail != "mtn-momo"),
    "unknown": Payout.state == "unknown",
    "on_the_way": Payout.state.in_(("approved", "submitted")) & (Payout.rail == "mtn-momo"),
    "ended": Payout.state.in_(("paid", "refused", "cancelled")),
}


@dataclass(frozen=True, slots=True)
class PayoutView:
    """A payout with the people and the receipt it names. `asker` None: the timetable."""

    payout_id: int
    reference: str
    kind: str
    rail: str
    state: str
    amount: Money
    reason: str
    number: str
    name: str
    receipt: str | None
    phone: str | None
    payee_name: str | None
    payee_active: bool | None
    payee_checked_at: datetime | None
    needs_second: bool
    asked_by: int | None
    asker: str | None
    asked_at: datetime
    approver: str | None
    ended_at: datetime | None
    paid_from: str | None
    provider_reference: str | None
    failure: str | None
    raw_failure: str | None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What a person may say of it now."""
        return tuple(outcome for (rail, outcome), states in FROM.items() if rail == self.rail and self.state in states)

    @property
    def name_is_awaited(self) -> bool:
        """Whether the provider has not been asked yet whose wallet it is."""
        return self.rail == "mtn-momo" and self.payee_checked_at is None


def payouts(connection: Connection, which: str) -> list[PayoutView]:
    """A list of `LISTS`: the first asked first, at most `SHOWN_MAX`; of those that ended the last ones."""
    query = _PAYOUTS.where(LISTS[which])
    if which == "ended":
        query = query.order_by(Payout.ended_at.desc(), Payout.id.desc()).limit(ENDED_SHOWN_MAX)
    else:
        query = query.order_by(Payout.id).limit(SHOWN_MAX)
    return [_view(row) for row in connection.execute(query).mappings()]


def count_for_people(connection: Connection) -> int:
    """How many payouts wait for a person: to be approved, handed out or sent, or looked into."""
    query = select(func.count()).where(LISTS["waiting"] | LISTS["by_hand"] | LISTS["unknown"])
    return int(connection.execute(query).scalar_one())


def payout(connection: Connection, payout_id: int) -> PayoutView:
    """A payout by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_PAYOUTS.where(Payout.id == payout_id)).mappings().first()
    if row is None:
        raise NotFound(what="payout")
    return _view(row)


def moves_of(connection: Connection, payout_id: int) -> Sequence[Any]:
    """Rows of (to_state, at, staff), the oldest first."""
    return connection.execute(
        select(PayoutMove.to_state, PayoutMove.at, StaffMember.name.label("staff"))
        .outerjoin(StaffMember, StaffMember.id == PayoutMove.staff_id)
        .where(PayoutMove.payout_id == payout_id)
        .order_by(PayoutMove.id)
    ).all()


def evidence_of(connection: Connection, payout_id: int) -> Sequence[Any]:
    """Rows of (id, note, media_type, at, staff), the oldest first."""
    return connection.execute(
        select(
            PaymentEvidence.id,
            PaymentEvidence.note,
            PaymentEvidence.media_type,
            PaymentEvidence.at,
            StaffMember.name.label("staff"),
        )
        .join(StaffMember, StaffMember.id == PaymentEvidence.staff_id)
        .where(PaymentEvidence.payout_id == payout_id)
        .order_by(PaymentEvidence.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a receipt can still give back, how, and what was given back or is on its way."""

    most: Money
    way: Way
    before: tuple[PayoutView, ...]


def refundable_of(connection: Connection, receipt_number: str, platform: str | None) -> Refundable:
    """What can be given back of a receipt.

    Raises:
        NotFound: no such receipt.
    """
    receipt = connection.execute(select(Receipt).where(Receipt.number == receipt_number)).mappings().first()
    if receipt is None:
        raise NotFound(what="receipt")
    before = connection.execute(_PAYOUTS.where(Payout.receipt_id == receipt["id"]).order_by(Payout.id)).mappings()
    return Refundable(
        refundable(connection, dict(receipt)),
        way_back(connection, dict(receipt), platform),
        tuple(_view(row) for row in before),
    )


def _view(row: Any) -> PayoutView:
    return PayoutView(
        payout_id=row["id"],
        reference=str(row["reference"]),
        kind=row["kind"],
        rail=row["rail"],
        state=row["state"],
        amount=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        number=row["number"],
        name=row["customer_name"],
        receipt=row["receipt"],
        phone=row["payee_phone"],
        payee_name=row["payee_name"],
        payee_active=row["payee_active"],
        payee_checked_at=row["payee_checked_at"],
        needs_second=row["needs_second"],
        asked_by=row["asked_by"],
        asker=row["asker"],
        asked_at=row["asked_at"],
        approver=row["approver"],
        ended_at=row["ended_at"],
        paid_from=row["paid_from"],
        provider_reference=row["provider_reference"],
        failure=row["failure"],
        raw_failure=row["raw_failure"],
    )
