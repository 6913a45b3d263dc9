"""What a caller asks for about payments in other ways, receipts and topping up by itself, carried out."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from core.billing.draft import issuer_of
from core.billing.of_statements import bills_of
from core.callers.commands import (
    AgreeAutoTopUp,
    CheckReceipt,
    ClaimPayment,
    PaymentCommand,
    StopAutoTopUp,
    TextReceipts,
)
from core.cash.check_receipt import check_receipt
from core.customers.queries import Account
from core.days import juba_day
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.money import Money
from core.parts import Parts
from core.payments.limits import AUTO_BELOW_POUNDS, AUTO_TIMES_A_MONTH
from core.payments.text_receipts import text_receipts
from core.payouts.auto_top_up import agree_auto_top_up, stop_auto_top_up
from core.statements.claim_payment import claim_payment


def on_payments(
    tx: Transaction,
    command: PaymentCommand,
    *,
    customer: Account,
    phone: str,
    request_key: str,
    now: datetime,
    parts: Parts,
) -> None:
    """Do what the command says.

    Raises:
        Refusal: nothing was done, and why.
    """
    match command:
        case ClaimPayment():
            claim_payment(
                tx,
                request_key=request_key,
                customer=customer,
                account_id=command.account_id,
                typed=command.number,
                said=None,
                phone=phone,
                now=now,
                bills=bills_of(issuer_of(parts.settings)),
            )
        case TextReceipts():
            text_receipts(tx, customer=customer, phone=phone, request_key=request_key, now=now)
        case CheckReceipt():
            _check(tx, command, customer, phone, request_key, now)
        case AgreeAutoTopUp():
            agree_auto_top_up(
                tx,
                request_key=request_key,
                customer=customer,
                phone=phone,
                amount=command.amount,
                below=Money.of(AUTO_BELOW_POUNDS, "SSP"),
                times_a_month=AUTO_TIMES_A_MONTH,
                platform=parts.settings.momo_base_url,
                now=now,
                ids=parts.ids,
            )
        case StopAutoTopUp():
            stop_auto_top_up(tx, customer_id=customer.customer_id, now=now)
        case _:
            assert_never(command)


def _check(
    tx: Transaction, command: CheckReceipt, customer: Account, phone: str, request_key: str, now: datetime
) -> None:
    """Text whether the receipt is good. It names nobody: whoever holds the paper may know that much."""
    seen = check_receipt(tx.connection, command.code)
    template = "receipt_none" if seen is None else "receipt_good" if seen.state == "good" else "receipt_voided"
    facts: dict[str, object] = (
        {} if seen is None else {"receipt": seen.number, "amount": seen.amount, "day": f"{juba_day(seen.at):%d/%m/%Y}"}
    )
    queue_text(
        tx,
        phone=phone,
        tongue=customer.tongue,
        template=template,
        key=f"receipt-check:{request_key}",
        now=now,
        facts=facts,
    )
