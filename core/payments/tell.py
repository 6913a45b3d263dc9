"""Texting the customer how a payment ended. The truth, and what it means for their money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from core.customers.queries import account
from core.db.engine import Transaction
from core.languages import say
from core.messaging.queue_text import queue_text
from core.messaging.texts import REASONS
from core.money import Money
from core.payments.models import PaymentIntent
from core.phones import national

_NOT_DONE: Final = {"token": "token_not_made", "owner_token": "token_not_made", "data": "data_not_bought"}
ASKED_BY: Final = "asked_by"  # in a purpose: the customer who had somebody else asked to pay, and is told as well


def tell_on_balance(
    tx: Transaction, *, customer_id: int, purpose: str, amount: Money, receipt_number: str, now: datetime
) -> None:
    """Text the customer that their money came and is on the balance, and not what it was meant for."""
    customer = account(tx.connection, customer_id)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=_NOT_DONE.get(purpose, "top_up_paid"),
        key=f"receipt:{receipt_number}",
        now=now,
        facts={"amount": amount, "receipt": receipt_number, "balance": customer.balance},
    )


def tell_where(tx: Transaction, *, intent: Mapping[str, Any], link: str, now: datetime) -> None:
    """Text the customer the page on which a payment is made."""
    customer = account(tx.connection, intent["customer_id"])
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="pay_by_link",
        key=f"pay_by_link:{intent['id']}",
        now=now,
        facts={"amount": Money(intent["amount_minor"], intent["currency"]), "link": link},
    )


def tell_ended(tx: Transaction, *, intent_id: int, template: str, now: datetime, code: str) -> None:
    """Text the customer that a payment was refused, expired, or is still unknown. Once per intent and ending.

    Whoever had them asked to pay is told too.
    """
    intent = tx.execute(
        select(
            PaymentIntent.customer_id,
            PaymentIntent.amount_minor,
            PaymentIntent.currency,
            PaymentIntent.reason,
            PaymentIntent.payer_phone,
            PaymentIntent.purpose_body,
        ).where(PaymentIntent.id == intent_id)
    ).one()
    customer = account(tx.connection, intent.customer_id)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=template,
        key=f"{template}:{intent_id}",
        now=now,
        facts={
            "amount": Money(intent.amount_minor, intent.currency),
            "reason": say(customer.tongue, REASONS.get(intent.reason or "unknown", REASONS["unknown"])),
            "code": code,
        },
    )
    if ASKED_BY in intent.purpose_body:
        _tell_who_asked(tx, intent_id, intent, template, now)


def _tell_who_asked(tx: Transaction, intent_id: int, intent: Any, template: str, now: datetime) -> None:
    asker = account(tx.connection, intent.purpose_body[ASKED_BY])
    reason = intent.reason or ("expired" if template == "payment_expired" else "unknown")
    queue_text(
        tx,
        phone=asker.main_phone,
        tongue=asker.tongue,
        template="sale_unknown" if template == "payment_unknown" else "sale_refused",
        key=f"asker:{template}:{intent_id}",
        now=now,
        facts={
            "phone": national(intent.payer_phone, spaced=asker.tongue != "ar"),
            "amount": Money(intent.amount_minor, intent.currency),
            "reason": say(asker.tongue, REASONS.get(reason, REASONS["unknown"])),
        },
    )
