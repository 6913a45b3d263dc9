"""The receipt of data bought, by SMS: how much, for how much, until when."""

from __future__ import annotations

from datetime import datetime

from core.billing.buy_data import DataSold
from core.catalog.plan_words import data_words
from core.customers.queries import account
from core.days import day_said
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.payments.settle import Paid


def tell_data(tx: Transaction, *, customer_id: int, sold: DataSold, now: datetime, paid: Paid | None = None) -> None:
    """Text it once, with the receipt of the payment that bought it where there was one."""
    customer = account(tx.connection, customer_id)
    facts: dict[str, object] = {
        "data": data_words(customer.tongue, sold.data_bytes),
        "amount": sold.paid,
        "day": day_said(sold.until_day),
        "balance": customer.balance,
    }
    if paid is not None:
        facts |= {"amount": paid.amount, "receipt": paid.receipt_number}
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="data_bought" if paid is None else "data_paid",
        key=f"data:{sold.bought_id}",
        now=now,
        facts=facts,
    )
