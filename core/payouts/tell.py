"""Texting whoever gets the money: that it is on its way, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.customers.queries import account
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.models import Receipt


def tell_payout(tx: Transaction, payout: Mapping[str, Any], what: str, now: datetime) -> None:
    """Text the customer that a payout is `sent`, `paid`, or was `refused`. Once each.

    What is handed over in cash, or was sent by a person, is told when it is paid.
    """
    if what == "sent" and payout["rail"] != "mtn-momo":
        return
    customer = account(tx.connection, payout["customer_id"])
    subject = "refund" if payout["receipt_id"] is not None else "transfer"
    receipt = None
    if payout["receipt_id"] is not None:
        receipt = tx.execute(select(Receipt.number).where(Receipt.id == payout["receipt_id"])).scalar_one()
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=f"{subject}_{what}",
        key=f"payout:{payout['reference']}:{what}",
        now=now,
        facts={
            "amount": Money(payout["amount_minor"], payout["currency"]),
            "receipt": receipt,
            "balance": customer.balance,
        },
    )
