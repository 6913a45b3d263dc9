"""More data, as a caller asks for it: from the balance at once, or when mobile money has paid it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select

from core.billing.buy_data import buy_data, refuse_unless_sold
from core.billing.draft import issuer_of
from core.billing.tell_data import tell_data
from core.callers.commands import BuyData
from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import NotFound
from core.parts import Parts
from core.payments.limits import MOMO_LEAST
from core.payments.models import PaymentIntent
from core.payments.open_intent import open_intent
from core.payments.rails import rail_of
from core.subscriptions.queries import locked
from core.subscriptions.states import By

_ASKED_TO_PAY: Final = select(exists().where(PaymentIntent.request_key == bindparam("request_key")))
_THROUGH: Final = {"ussd": "by USSD", "sms": "by SMS"}


def buy_more(
    tx: Transaction,
    command: BuyData,
    *,
    customer: Account,
    through: str,
    request_key: str,
    now: datetime,
    parts: Parts,
) -> None:
    """Do what the command says, once per request.

    Raises:
        NotFound: the service is not theirs.
        Refusal: as `core.billing.buy_data` and `core.payments.open_intent` say; nothing was done.
    """
    service = locked(tx.connection, command.subscription_id)  # two copies of one request follow each other
    if service.customer_id != customer.customer_id:
        raise NotFound(what="subscription")
    by, issuer = By(now, _THROUGH[through]), issuer_of(parts.settings)
    if command.pay_with == "balance":
        sold = buy_data(
            tx,
            request_key=request_key,
            subscription_id=service.subscription_id,
            data_bytes=command.data_bytes,
            price=command.price,
            by=by,
            issuer=issuer,
        )
        if not sold.again:
            tell_data(tx, customer_id=customer.customer_id, sold=sold, now=now)
        return
    # A request repeated after the price changed was already served at the price it saw.
    if not tx.execute(_ASKED_TO_PAY, {"request_key": request_key}).scalar():
        refuse_unless_sold(
            tx.connection,
            service=service,
            data_bytes=command.data_bytes,
            price=command.price,
            by=by,
            issuer=issuer,
        )
    open_intent(
        tx,
        request_key=request_key,
        customer=customer,
        payer_phone=command.payer,
        amount=max(command.price, MOMO_LEAST),  # what is more than the price stays on the balance
        purpose="data",
        purpose_body={
            "service": service.subscription_id,
            "data_bytes": command.data_bytes,
            "price": command.price.minor,
        },
        platform=parts.settings.momo_base_url,
        now=now,
        ids=parts.ids,
        rail=rail_of(parts.settings, command.payer),
    )
