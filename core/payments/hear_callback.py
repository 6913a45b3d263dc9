"""A provider's callback: kept, and taken as a hint to ask now. Nothing in it is believed."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import ColumnElement, insert, select, update

from core.db.engine import Transaction
from core.money import MINOR_DIGITS, Money
from core.payments.alarms import raise_alarm
from core.payments.models import PaymentIntent, ProviderMessage

BODY_CHARS_MAX: Final = 4000
TOKEN_CHARS_MAX: Final = 200
_FIELDS: Final = ("externalId", "referenceId", "reference_id", "external_id", "financialTransactionId")


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback that was kept. `reference`: ours, as it names it; `known`: it is of a payment we collect."""

    reference: uuid.UUID | None
    known: bool


def hear_callback(
    tx: Transaction, *, provider: str, method: str, path_reference: str | None, body: str, now: datetime
) -> Heard:
    """Keep the message and make its intent due for a question at once, unless it was paid already.

    One that tells another amount or currency than was asked for is an alarm, and a hint all the same.
    """
    named = (path_reference or "").replace("\x00", "")
    fields = _fields(body)
    reference = _uuid(named) or _reference_in(fields)
    tx.execute(
        insert(ProviderMessage).values(
            provider=provider,
            reference=str(reference) if reference else named[:200] or None,
            method=method,
            body=body[:BODY_CHARS_MAX].replace("\x00", ""),
            came_at=now,
        )
    )
    whose = _whose(reference, fields)
    if whose is None:
        return Heard(None, known=False)
    intent = tx.execute(
        select(
            PaymentIntent.id,
            PaymentIntent.reference,
            PaymentIntent.state,
            PaymentIntent.amount_minor,
            PaymentIntent.currency,
            PaymentIntent.charged_minor,
            PaymentIntent.charged_currency,
        ).where(whose)
    ).first()
    if intent is None:
        return Heard(reference, known=False)
    asked = Money(intent.charged_minor or intent.amount_minor, intent.charged_currency or intent.currency)
    if (says := _other_money(fields, asked)) is not None:
        facts = {"says": says, "asked": str(asked)}
        raise_alarm(tx, kind="callback_differs", subject=str(intent.reference), facts=facts, now=now)
    if intent.state != "paid":
        paid_not_yet = (PaymentIntent.id == intent.id, PaymentIntent.state != "paid")
        tx.execute(update(PaymentIntent).where(*paid_not_yet).values(ask_again_at=now))
        tx.ring("momo.ask")
    return Heard(intent.reference, known=True)


def _whose(reference: uuid.UUID | None, fields: dict[str, Any]) -> ColumnElement[bool] | None:
    """What finds the intent: our reference, or a token that the provider handed out for it."""
    if reference is not None:
        return PaymentIntent.reference == reference
    for name, column in (("notif_token", PaymentIntent.notify_token), ("payToken", PaymentIntent.provider_token)):
        token = fields.get(name)
        if isinstance(token, str) and 0 < len(token) <= TOKEN_CHARS_MAX and "\x00" not in token:
            return column == token
    return None


def _other_money(fields: dict[str, Any], asked: Money) -> str | None:
    """What a body says of money, when that is not what was asked for; None when it agrees or says nothing clear."""
    amount, currency = fields.get("amount"), fields.get("currency")
    if isinstance(currency, str) and currency and currency != asked.currency:
        return f"{currency[:8]} {str(amount)[:24]}"
    if not isinstance(amount, str | int | float) or isinstance(amount, bool):
        return None
    try:
        differs = Decimal(str(amount)) != Decimal(asked.minor).scaleb(-MINOR_DIGITS[asked.currency])
    except InvalidOperation:
        return None
    return f"{currency or asked.currency} {str(amount)[:24]}" if differs else None


def _fields(body: str) -> dict[str, Any]:
    """The fields of a body of any shape; those of a `payment` or `data` within it count as its own."""
    try:
        fields: Any = json.loads(body)
    except (ValueError, RecursionError):  # ten thousand brackets are no JSON of any use
        return {}
    if not isinstance(fields, dict):
        return {}
    found: dict[str, Any] = fields
    for inner in (fields.get("data"), fields.get("payment")):
        if isinstance(inner, dict):
            found = {**inner, **found}
    return found


def _reference_in(fields: dict[str, Any]) -> uuid.UUID | None:
    """Our reference: `externalId` carries it; MTN may leave its own field out."""
    for name in _FIELDS:
        found = _uuid(str(fields.get(name, "")))
        if found:
            return found
    return None


def _uuid(text: str | None) -> uuid.UUID | None:
    if not text or not re.fullmatch(r"[0-9a-fA-F-]{32,36}", text):
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
