"""What money by MoMo does for a customer with bills: it settles them, reconnects, and says so on the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.billing.draft import Issuer
from core.billing.money_came import money_came
from core.billing.queries import owed
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.payments.settle import Fulfil, Paid


def bill_fulfilments(*, issuer: Issuer) -> Mapping[str, Fulfil]:
    """By purpose: a top-up and the payment of a bill both settle what is due; a bill that was named comes first."""

    def use(tx: Transaction, paid: Paid, now: datetime) -> None:
        used = money_came(
            tx,
            customer_id=paid.customer_id,
            key=paid.receipt_number,
            issuer=issuer,
            now=now,
            invoice_id=paid.purpose_body.get("invoice"),
        )
        customer = paid.customer
        due, balance = used.due, used.balance
        if due is None or balance is None:
            due = owed(tx.connection, paid.customer_id, juba_day(now)).total
            balance = account(tx.connection, paid.customer_id).balance
        facts: dict[str, object] = {
            "amount": paid.amount,
            "receipt": paid.receipt_number,
            "balance": balance,
            "settled": used.settled,
            "due": due,
        }
        queue_text(
            tx,
            phone=customer.main_phone,
            tongue=customer.tongue,
            template="bills_settled" if used.settled else "top_up_paid",
            key=f"receipt:{paid.receipt_number}",
            now=now,
            facts=facts,
        )

    return {"topup": use, "bill": use}
