"""What a payment was for, done with the money just credited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from core.catalog.plan_words import plan_words
from core.catalog.queries import offer_of_version
from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import Refusal
from core.ids import Ids
from core.messaging.queue_text import queue_text
from core.payments.settle import Fulfil, Paid
from core.sealing import Sealer
from core.tokens.sell_token import sell_token

# Called with money that stays on a balance: (transaction, customer, key of the credit, now). Wired at the edge.
Stays = Callable[[Transaction, int, str, datetime], object]


def fulfilments(*, ids: Ids, sealer: Sealer, stays: Stays) -> Mapping[str, Fulfil]:
    """By purpose: what to do once the money is in the wallet. What no token could be made for `stays` there."""

    def token(tx: Transaction, paid: Paid, now: datetime) -> None:
        body = paid.purpose_body
        try:
            # A savepoint: refused, the sale leaves no trace, and the money stays credited all the same.
            with tx.connection.begin_nested():
                sell_token(
                    tx,
                    request_key=f"intent:{paid.intent_id}",
                    buyer=account(tx.connection, paid.customer_id),
                    recipient_phone=body["recipient"],
                    hotspot_id=body["hotspot"],
                    plan_version_id=body["plan_version"],
                    now=now,
                    ids=ids,
                    sealer=sealer,
                    price=paid.amount,  # what was on the screen and agreed to, whatever it costs by now
                )
        except Refusal:
            stays(tx, paid.customer_id, paid.receipt_number, now)
            _tell(tx, paid, "token_not_made", now)
            return
        _tell(tx, paid, "token_paid", now)

    return {"token": token}


def _tell(tx: Transaction, paid: Paid, template: str, now: datetime) -> None:
    customer = account(tx.connection, paid.customer_id)
    facts: dict[str, object] = {"amount": paid.amount, "receipt": paid.receipt_number, "balance": customer.balance}
    offer = offer_of_version(tx.connection, paid.purpose_body["plan_version"])
    facts["plan"] = plan_words(customer.tongue, offer.duration_s, offer.data_bytes)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=template,
        key=f"receipt:{paid.receipt_number}",
        now=now,
        facts=facts,
    )
