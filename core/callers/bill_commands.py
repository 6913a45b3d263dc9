"""What a caller asks for about their bills and services, carried out. Each once per request."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from sqlalchemy import bindparam, exists, select

from core.billing.change_service import change_service
from core.billing.draft import issuer_of
from core.billing.money_came import reconnect
from core.billing.payment_plan import agree_plan
from core.billing.queries import owed
from core.billing.statement_text import text_statement
from core.callers.commands import BillCommand, ChangePlan, KeepPlan, PayBill, PayInParts, TextStatement
from core.customers.queries import Account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, CustomerNotActive, NotFound, NothingDue
from core.parts import Parts
from core.payments.limits import MOMO_LEAST, MOMO_MOST
from core.payments.models import PaymentIntent
from core.payments.open_intent import open_intent
from core.payments.rails import rail_of
from core.subscriptions.keep_plan import keep_plan
from core.subscriptions.models import SubscriptionMove
from core.subscriptions.queries import locked
from core.subscriptions.states import By

_THROUGH: Final = {"ussd": "by USSD", "sms": "by SMS"}
_ASKED_TO_PAY: Final = select(exists().where(PaymentIntent.request_key == bindparam("request_key")))
_CHANGED_BEFORE: Final = select(
    exists().where(
        SubscriptionMove.subscription_id == bindparam("subscription_id"),
        SubscriptionMove.verb.in_(("change_plan", "keep_plan")),
        SubscriptionMove.detail["request"].astext == bindparam("request_key"),
    )
)


def on_bill(
    tx: Transaction,
    command: BillCommand,
    *,
    customer: Account,
    phone: str,
    through: str,
    request_key: str,
    now: datetime,
    parts: Parts,
) -> None:
    """Do what the command says.

    Raises:
        Refusal: nothing was done, and why.
    """
    match command:
        case PayBill():
            _pay(tx, command, customer, request_key, now, parts)
        case PayInParts():
            agree_plan(
                tx,
                request_key=request_key,
                customer_id=customer.customer_id,
                parts=command.parts,
                through=through,
                now=now,
            )
            reconnect(
                tx,
                customer_id=customer.customer_id,
                issuer=issuer_of(parts.settings),
                now=now,
                why="agreed to pay in parts",
            )
        case ChangePlan() | KeepPlan():
            _change(tx, command, customer, request_key, By(now, _THROUGH[through], request=request_key), parts)
        case TextStatement():
            text_statement(tx, customer=customer, phone=phone, request_key=request_key, now=now)
        case _:
            assert_never(command)


def _pay(tx: Transaction, command: PayBill, customer: Account, request_key: str, now: datetime, parts: Parts) -> None:
    due = owed(tx.connection, customer.customer_id, juba_day(now)).total
    # A request repeated after the bill was paid was already served for what was owed then.
    if not tx.execute(_ASKED_TO_PAY, {"request_key": request_key}).scalar():
        if not due:
            raise NothingDue
        most = min(max(due, MOMO_LEAST), MOMO_MOST)
        if not MOMO_LEAST <= command.amount <= most:
            raise AmountOutOfRange(least=MOMO_LEAST, most=most)
    open_intent(
        tx,
        request_key=request_key,
        customer=customer,
        payer_phone=command.payer,
        amount=command.amount,
        purpose="bill",
        purpose_body={},
        platform=parts.settings.momo_base_url,
        now=now,
        ids=parts.ids,
        rail=rail_of(parts.settings, command.payer),
    )


def _change(
    tx: Transaction, command: ChangePlan | KeepPlan, customer: Account, request_key: str, by: By, parts: Parts
) -> None:
    if customer.status != "active":
        raise CustomerNotActive(number=customer.number)
    service = locked(tx.connection, command.subscription_id)  # two copies of one request follow each other
    if service.customer_id != customer.customer_id:
        raise NotFound(what="subscription")
    served = {"subscription_id": service.subscription_id, "request_key": request_key}
    if tx.execute(_CHANGED_BEFORE, served).scalar():
        return
    if isinstance(command, KeepPlan):
        keep_plan(tx, subscription_id=command.subscription_id, by=by)
        return
    change_service(
        tx,
        subscription_id=command.subscription_id,
        tariff_id=command.tariff_id,
        at_period_end=command.at_period_end,
        by=by,
        issuer=issuer_of(parts.settings),
        key=request_key,
    )
