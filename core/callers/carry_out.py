"""Carrying out what a conversation asked for: one command, one use case, in the hop's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, or_, select

from core.callers.bill_commands import on_bill
from core.callers.commands import (
    AddNetwork,
    AgreeAutoTopUp,
    BuyData,
    BuyToken,
    ChangePlan,
    CheckReceipt,
    ClaimPayment,
    Command,
    ConfirmMomo,
    HearAgain,
    KeepPlan,
    MoveToken,
    NameMomo,
    PauseToken,
    PayBill,
    PayInParts,
    RedeemCard,
    Register,
    Rename,
    ReportFault,
    ResendToken,
    ResumeToken,
    SellToken,
    SetLanguage,
    SignUpOwner,
    Silence,
    StopAutoTopUp,
    TextReceipts,
    TextStatement,
    TopUp,
)
from core.callers.data_commands import buy_more
from core.callers.owner_commands import on_wifi
from core.callers.payment_commands import on_payments
from core.callers.token_commands import on_card, on_token
from core.catalog.queries import on_sale
from core.crm.open_ticket import open_ticket
from core.customers.change import rename, set_language
from core.customers.queries import Account, account_of_phone
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import NoHotspot, NotACustomer, PlanGone, PriceChanged, Refusal
from core.messaging.silence import hear_again, silence
from core.parts import Parts
from core.payments.models import PaymentIntent
from core.payments.open_intent import open_intent
from core.payments.rails import rail_of
from core.tokens.models import Hotspot, Token
from core.tokens.sell_token import sell_token

_SERVED_BEFORE: Final = select(
    or_(
        exists().where(Token.request_key == bindparam("request_key")),
        exists().where(PaymentIntent.request_key == bindparam("request_key")),
    )
)
_HOTSPOT_IS_OPEN: Final = select(exists().where(Hotspot.id == bindparam("hotspot_id"), Hotspot.closed_at.is_(None)))


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, through which door, under which key: the same key asks for the same thing, once."""

    phone: str
    through: str
    request_key: str
    now: datetime


def carry_out(tx: Transaction, command: Command, asked: Asked, parts: Parts) -> None:
    """Do what the command says.

    Raises:
        Refusal: nothing was done, and why.
    """
    match command:
        case Register():
            register(
                tx,
                phone=asked.phone,
                language=command.language,
                script=command.script,
                through=asked.through,
                now=asked.now,
                name=command.name,
            )
        case Silence():
            silence(tx, asked.phone, asked.now)
        case HearAgain():
            hear_again(tx, asked.phone)
        case RedeemCard():
            on_card(tx, command, phone=asked.phone, request_key=asked.request_key, now=asked.now, parts=parts)
        case _:
            customer = account_of_phone(tx.connection, asked.phone)
            if customer is None:
                raise NotACustomer(phone=asked.phone)
            _for_customer(tx, command, asked, parts, customer)


def _for_customer(tx: Transaction, command: Command, asked: Asked, parts: Parts, customer: Account) -> None:
    match command:
        case SetLanguage():
            set_language(tx, customer_id=customer.customer_id, language=command.language, script=command.script)
        case Rename():
            rename(tx, customer_id=customer.customer_id, name=command.name)
        case TopUp():
            _top_up(tx, command, asked, parts, customer)
        case BuyToken():
            _buy(tx, command, asked, parts, customer)
        case PayBill() | PayInParts() | ChangePlan() | KeepPlan() | TextStatement():
            on_bill(
                tx,
                command,
                customer=customer,
                phone=asked.phone,
                through=asked.through,
                request_key=asked.request_key,
                now=asked.now,
                parts=parts,
            )
        case BuyData():
            buy_more(
                tx,
                command,
                customer=customer,
                through=asked.through,
                request_key=asked.request_key,
                now=asked.now,
                parts=parts,
            )
        case ClaimPayment() | TextReceipts() | CheckReceipt() | AgreeAutoTopUp() | StopAutoTopUp():
            on_payments(
                tx,
                command,
                customer=customer,
                phone=asked.phone,
                request_key=asked.request_key,
                now=asked.now,
                parts=parts,
            )
        case SignUpOwner() | NameMomo() | ConfirmMomo() | AddNetwork() | SellToken():
            on_wifi(
                tx,
                command,
                customer=customer,
                request_key=asked.request_key,
                now=asked.now,
                parts=parts,
            )
        case ResendToken() | MoveToken() | PauseToken() | ResumeToken():
            on_token(tx, command, phone=asked.phone, request_key=asked.request_key, now=asked.now, parts=parts)
        case ReportFault():
            open_ticket(
                tx,
                request_key=asked.request_key,
                customer=customer,
                phone=asked.phone,
                fault=command.fault,
                hotspot_id=command.hotspot_id,
                now=asked.now,
            )


def _top_up(tx: Transaction, command: TopUp, asked: Asked, parts: Parts, customer: Account) -> None:
    open_intent(
        tx,
        request_key=asked.request_key,
        customer=customer,
        payer_phone=command.payer,
        amount=command.amount,
        purpose="topup",
        purpose_body={},
        platform=parts.settings.momo_base_url,
        now=asked.now,
        ids=parts.ids,
        rail=rail_of(parts.settings, command.payer),
    )


def _buy(tx: Transaction, command: BuyToken, asked: Asked, parts: Parts, customer: Account) -> None:
    refused = _other_price(tx, command, asked.now)
    # A request repeated after the price changed was already served at the price it saw.
    if refused is not None and not _served_before(tx, asked.request_key):
        raise refused
    if command.pay_with == "balance":
        sell_token(
            tx,
            request_key=asked.request_key,
            buyer=customer,
            recipient_phone=command.recipient,
            hotspot_id=command.hotspot_id,
            plan_version_id=command.version_id,
            now=asked.now,
            ids=parts.ids,
            sealer=parts.sealer,
        )
        return
    open_intent(
        tx,
        request_key=asked.request_key,
        customer=customer,
        payer_phone=command.payer,
        amount=command.price,
        purpose="token",
        purpose_body={
            "plan_version": command.version_id,
            "hotspot": command.hotspot_id,
            "recipient": command.recipient,
        },
        platform=parts.settings.momo_base_url,
        now=asked.now,
        ids=parts.ids,
        rail=rail_of(parts.settings, command.payer),
    )


def _served_before(tx: Transaction, request_key: str) -> bool:
    return bool(tx.execute(_SERVED_BEFORE, {"request_key": request_key}).scalar())


def _other_price(tx: Transaction, command: BuyToken, now: datetime) -> Refusal | None:
    """Why what was shown cannot be bought any more: another price, a plan withdrawn, the network closed."""
    sale = on_sale(tx.connection, command.version_id, now)
    if sale.current is not None and sale.current.price != command.price:
        return PriceChanged(shown=command.price, now=sale.current.price)
    if sale.current is None or sale.current.version_id != command.version_id:
        return PlanGone(code=sale.shown.code)
    if command.pay_with == "momo":  # before anybody's phone is prompted to pay for it
        hotspot_is_open = tx.execute(_HOTSPOT_IS_OPEN, {"hotspot_id": command.hotspot_id}).scalar()
        return None if hotspot_is_open else NoHotspot()
    return None
