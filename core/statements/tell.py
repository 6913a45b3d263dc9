"""Texting customers what became of money that came by a statement, and of their claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.customers.queries import account, accounts_of
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.messaging.queue_texts import NewText, queue_texts
from core.money import Money
from core.statements.accounts import MoneyAccountRow
from core.statements.bills import Credit


def tell_credited(
    tx: Transaction, through: MoneyAccountRow, credited: Sequence[Credit], amounts_minor: Sequence[int], now: datetime
) -> None:
    """Text each customer the receipt, and the balance after all that the money did."""
    people = accounts_of(tx.connection, {credit.customer_id for credit in credited})
    queue_texts(
        tx,
        [
            NewText(
                phone=people[credit.customer_id].main_phone,
                tongue=people[credit.customer_id].tongue,
                template="bank_paid",
                key=f"receipt:{credit.key}",
                facts={
                    "amount": Money(minor, people[credit.customer_id].balance.currency),
                    "account": through.name,
                    "receipt": credit.key,
                    "balance": people[credit.customer_id].balance,
                },
            )
            for credit, minor in zip(credited, amounts_minor, strict=True)
        ],
        now,
    )


def tell_claim(
    tx: Transaction, *, template: str, claim_id: int, customer_id: int, reference: str, through: str, now: datetime
) -> None:
    """Text that a claim was heard, or that nothing was found for it."""
    who = account(tx.connection, customer_id)
    queue_text(
        tx,
        phone=who.main_phone,
        tongue=who.tongue,
        template=template,
        key=f"{template}:{claim_id}",
        now=now,
        facts={"reference": reference, "account": through},
    )
