"""Taking cash over the counter: wallet, receipt, text, once per form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, KeyReused
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.limits import CASH_LEAST, CASH_MOST
from core.payments.models import Receipt
from core.payments.write_receipt import write_receipt


@dataclass(frozen=True, slots=True)
class CashTaken:
    """A receipt for cash. `again`: the same form had been taken before."""

    receipt_number: str
    again: bool


def take_cash(
    tx: Transaction,
    *,
    request_key: str,
    customer_id: int,
    amount: Money,
    staff_id: int,
    now: datetime,
    use: Callable[[str], None] = lambda _receipt_number: None,
) -> CashTaken:
    """Credit cash to a customer's wallet and text the receipt. Once per `request_key` of the form.

    `use` is what the money does at once (it is given the receipt's number); the text tells the balance after it.

    Raises:
        AmountOutOfRange: nothing was taken.
        KeyReused: the same form was sent with other contents.
    """
    if amount.currency != CASH_LEAST.currency or not CASH_LEAST <= amount <= CASH_MOST:
        raise AmountOutOfRange(least=CASH_LEAST, most=CASH_MOST)
    customer = account(tx.connection, customer_id)
    recorded = post(
        tx,
        key=f"cash:{request_key}",
        kind="cash",
        occurred_at=now,
        now=now,
        postings=[Posting(open_account(tx, "cash:counter", amount.currency), customer.wallet_id, amount)],
        memo={"staff": staff_id},
    )
    if recorded.again:
        first = tx.execute(
            select(Receipt.number, Receipt.customer_id).where(Receipt.entry_id == recorded.entry_id)
        ).one()
        if first.customer_id != customer_id:
            raise KeyReused(key=request_key)
        return CashTaken(first.number, again=True)
    number = write_receipt(
        tx,
        customer_id=customer_id,
        entry_id=recorded.entry_id,
        provider="cash",
        provider_reference=request_key,
        amount=amount,
        now=now,
        staff_id=staff_id,
    ).number
    use(number)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="cash_receipt",
        key=f"receipt:{number}",
        now=now,
        facts={"amount": amount, "receipt": number, "balance": account(tx.connection, customer_id).balance},
    )
    return CashTaken(number, again=False)
