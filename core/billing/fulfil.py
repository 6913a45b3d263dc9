"""What money by MoMo does for a customer with bills: it settles them, reconnects, buys data, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.billing.buy_data import buy_data
from core.billing.draft import Issuer
from core.billing.money_came import money_came
from core.billing.queries import owed
from core.billing.tell_data import tell_data
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import Refusal
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.settle import Fulfil, Paid
from core.subscriptions.states import By


def bill_fulfilments(*, issuer: Issuer) -> Mapping[str, Fulfil]:
    """By purpose: a top-up and the payment of a bill both settle what is due; a bill that was named comes first.

    What was paid for data buys it before anything else: that is what it was for. Where it cannot be bought any more,
    the money does what a top-up does.
    """

    def use(tx: Transaction, paid: Paid, now: datetime) -> None:
        settle_due(tx, paid, now, "top_up_paid")

    def settle_due(tx: Transaction, paid: Paid, now: datetime, otherwise: str) -> None:
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
            template="bills_settled" if used.settled else otherwise,
            key=f"receipt:{paid.receipt_number}",
            now=now,
            facts=facts,
        )

    def data(tx: Transaction, paid: Paid, now: datetime) -> None:
        body = paid.purpose_body
        try:
            # A savepoint: refused, the sale leaves no trace, and the money stays credited all the same.
            with tx.connection.begin_nested():
                sold = buy_data(
                    tx,
                    request_key=f"intent:{paid.intent_id}",
                    subscription_id=body["service"],
                    data_bytes=body["data_bytes"],
                    price=Money(body["price"], HOME_CURRENCY),
                    by=By(now, "paid by MoMo"),
                    issuer=issuer,
                )
        except Refusal:
            settle_due(tx, paid, now, "data_not_bought")
            return
        tell_data(tx, customer_id=paid.customer_id, sold=sold, now=now, paid=paid)

    return {"topup": use, "bill": use, "data": data}
