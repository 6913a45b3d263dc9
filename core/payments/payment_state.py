"""How a payment stands, for whoever waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core.money import Money
from core.payments.models import PaymentIntent

_STATE: Final = select(
    PaymentIntent.state,
    PaymentIntent.reason,
    PaymentIntent.amount_minor,
    PaymentIntent.currency,
    PaymentIntent.payer_phone,
    PaymentIntent.created_at,
).where(PaymentIntent.id == bindparam("intent_id"))


@dataclass(frozen=True, slots=True)
class PaymentState:
    """`state` and `reason` as `core.payments.models` has them."""

    state: str
    reason: str | None
    amount: Money
    payer_phone: str
    created_at: datetime


def payment_state(connection: Connection, intent_id: int) -> PaymentState:
    """How it stands now."""
    row = connection.execute(_STATE, {"intent_id": intent_id}).one()
    return PaymentState(row.state, row.reason, Money(row.amount_minor, row.currency), row.payer_phone, row.created_at)
