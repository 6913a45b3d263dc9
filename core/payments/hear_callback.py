"""A provider's callback: kept, and taken as a hint to ask now. Nothing in it is believed."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, update

from core.db.engine import Transaction
from core.payments.models import PaymentIntent, ProviderMessage

BODY_CHARS_MAX: Final = 4000
_FIELDS: Final = ("externalId", "referenceId", "reference_id", "external_id", "financialTransactionId")


def hear_callback(
    tx: Transaction, *, provider: str, method: str, path_reference: str | None, body: str, now: datetime
) -> bool:
    """Keep the message and make its intent due for a question at once. False: it names none of ours."""
    named = (path_reference or "").replace("\x00", "")
    reference = _uuid(named) or _reference_in(body)
    tx.execute(
        insert(ProviderMessage).values(
            provider=provider,
            reference=str(reference) if reference else named[:200] or None,
            method=method,
            body=body[:BODY_CHARS_MAX].replace("\x00", ""),
            came_at=now,
        )
    )
    if reference is None:
        return False
    hinted = tx.execute(
        update(PaymentIntent)
        .where(PaymentIntent.reference == reference, PaymentIntent.state != "paid")
        .values(ask_again_at=now)
        .returning(PaymentIntent.id)
    ).scalar()
    if hinted is None:
        return False
    tx.ring("momo.ask")
    return True


def _reference_in(body: str) -> uuid.UUID | None:
    """Our reference in a body of any shape: `externalId` carries it; MTN may leave its own field out."""
    try:
        fields: Any = json.loads(body)
    except (ValueError, RecursionError):  # ten thousand brackets are no JSON of any use
        return None
    if not isinstance(fields, dict):
        return None
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
