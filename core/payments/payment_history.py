"""One payment with all that happened to it: its moves, what providers sent, and what people saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from core.customers.models import Customer
from core.errors import NotFound
from core.money import Money
from core.payments.models import PaymentEvidence, PaymentIntent, PaymentIntentMove, ProviderMessage, Receipt
from core.payments.settle_by_hand import FROM
from core.staff.models import StaffMember

MESSAGES_MAX: Final = 20
BODY_CHARS_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as a person reads it. `moves`, `evidence` and `messages` are rows, the oldest first."""

    intent_id: int
    reference: str
    rail: str
    platform: str
    phone: str
    number: str
    name: str
    amount: Money
    charged: Money | None
    purpose: str
    state: str
    raw_reason: str | None
    provider_reference: str | None
    receipt: str | None
    created_at: datetime
    asks: int
    moves: Sequence[Any]
    evidence: Sequence[Any]
    messages: Sequence[Any]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What a person may say of it now."""
        return tuple(outcome for outcome, states in FROM.items() if self.state in states)


def payment(connection: Connection, reference: UUID) -> Payment:
    """A payment by our reference.

    Raises:
        NotFound: none of ours.
    """
    row = (
        connection.execute(
            select(
                PaymentIntent, Customer.number, Customer.name.label("customer_name"), Receipt.number.label("receipt")
            )
            .join(Customer, Customer.id == PaymentIntent.customer_id)
            .outerjoin(Receipt, Receipt.intent_id == PaymentIntent.id)
            .where(PaymentIntent.reference == reference)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(what="payment")
    return Payment(
        intent_id=row["id"],
        reference=str(reference),
        rail=row["rail"],
        platform=row["platform"],
        phone=row["payer_phone"],
        number=row["number"],
        name=row["customer_name"],
        amount=Money(row["amount_minor"], row["currency"]),
        charged=_charged(row),
        purpose=row["purpose"],
        state=row["state"],
        raw_reason=row["raw_reason"],
        provider_reference=row["provider_reference"],
        receipt=row["receipt"],
        created_at=row["created_at"],
        asks=row["asks"],
        moves=_moves(connection, row["id"]),
        evidence=_evidence(connection, row["id"]),
        messages=_messages(connection, str(reference)),
    )


def _charged(row: Mapping[Any, Any]) -> Money | None:
    return Money(row["charged_minor"], row["charged_currency"]) if row["charged_minor"] is not None else None


def _moves(connection: Connection, intent_id: int) -> Sequence[Any]:
    return connection.execute(
        select(PaymentIntentMove.from_state, PaymentIntentMove.to_state, PaymentIntentMove.at)
        .where(PaymentIntentMove.intent_id == intent_id)
        .order_by(PaymentIntentMove.id)
    ).all()


def _evidence(connection: Connection, intent_id: int) -> Sequence[Any]:
    return connection.execute(
        select(
            PaymentEvidence.id,
            PaymentEvidence.note,
            PaymentEvidence.media_type,
            PaymentEvidence.at,
            StaffMember.name.label("staff"),
        )
        .join(StaffMember, StaffMember.id == PaymentEvidence.staff_id)
        .where(PaymentEvidence.intent_id == intent_id)
        .order_by(PaymentEvidence.id)
    ).all()


def _messages(connection: Connection, reference: str) -> Sequence[Any]:
    rows = connection.execute(
        select(ProviderMessage.method, ProviderMessage.came_at, ProviderMessage.body)
        .where(ProviderMessage.reference == reference)
        .order_by(ProviderMessage.id)
        .limit(MESSAGES_MAX)
    )
    return rows.all()


def evidence_file(connection: Connection, evidence_id: int) -> tuple[str, bytes]:
    """The media type and the bytes of a file kept as evidence.

    Raises:
        NotFound: no such evidence, or it has no file.
    """
    row = connection.execute(
        select(PaymentEvidence.media_type, PaymentEvidence.content).where(
            PaymentEvidence.id == evidence_id, PaymentEvidence.content.is_not(None)
        )
    ).first()
    if row is None:
        raise NotFound(what="evidence")
    return row.media_type, row.content
