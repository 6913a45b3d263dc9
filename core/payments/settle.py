"""Crediting money that came: once, to the wallet, with a receipt; then doing what it was for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from core.customers.queries import account
from core.db.engine import Transaction
from core.ids import with_check_digit
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money
from core.payments.models import RECEIPT_NUMBERS, PaymentIntent, Receipt
from core.payments.states import move


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was credited just now; what it was for is still to be done, in this transaction."""

    intent_id: int
    customer_id: int
    request_key: str
    purpose: str
    purpose_body: Mapping[str, Any]
    amount: Money
    receipt_number: str


# Does what a payment was for. Wired at the edge, by purpose: payments do not know tokens or invoices.
Fulfil = Callable[[Transaction, Paid, datetime], None]


def settle(
    tx: Transaction,
    *,
    intent_id: int,
    provider_reference: str,
    now: datetime,
    why: Mapping[str, Any],
    fulfil: Mapping[str, Fulfil],
) -> bool:
    """Credit a payment the provider has confirmed. False: it was credited before.

    Once by three locks: the intent's row, UNIQUE (provider, reference) of receipts, the ledger's key.
    """
    intent = tx.execute(select(PaymentIntent).where(PaymentIntent.id == intent_id).with_for_update()).mappings().one()
    if intent["state"] == "paid":
        return False
    amount = Money(intent["amount_minor"], intent["currency"])
    customer = account(tx.connection, intent["customer_id"])
    recorded = post(
        tx,
        key=f"payment:{intent['reference']}",
        kind="payment",
        occurred_at=now,
        now=now,
        postings=[Posting(open_account(tx, "momo:mtn", amount.currency), customer.wallet_id, amount)],
        memo={"intent": intent_id, "provider_reference": provider_reference},
    )
    number = next_receipt_number(tx)
    tx.execute(
        insert(Receipt).values(
            number=number,
            customer_id=customer.customer_id,
            intent_id=intent_id,
            entry_id=recorded.entry_id,
            provider=intent["rail"],
            provider_reference=provider_reference,
            payer_phone=intent["payer_phone"],
            amount_minor=amount.minor,
            currency=amount.currency,
            received_at=now,
        )
    )
    move(
        tx,
        intent_id=intent_id,
        state=intent["state"],
        to="paid",
        now=now,
        why=why,
        provider_reference=provider_reference,
        ask_again_at=None,
    )
    paid = Paid(
        intent_id,
        customer.customer_id,
        intent["request_key"],
        intent["purpose"],
        intent["purpose_body"],
        amount,
        number,
    )
    fulfil[intent["purpose"]](tx, paid, now)
    return True


def next_receipt_number(tx: Transaction) -> str:
    """A receipt number people can read out: digits closed by a check digit."""
    return with_check_digit(tx.execute(select(RECEIPT_NUMBERS.next_value())).scalar_one())
