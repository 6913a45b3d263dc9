"""Carrying out what a conversation asked for: one command, one use case, in the hop's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.callers.bill_commands import on_bill
from core.callers.commands import (
    AgreeAutoTopUp,
    BuyData,
    BuyToken,
    ChangePlan,
    CheckReceipt,
    ClaimPayment,
    Command,
    HearAgain,
    KeepPlan,
    MoveToken,
    OwnerCommand,
    PauseToken,
    PayBill,
    PayInParts,
    RedeemCard,
    Register,
    Rename,
    ReportFault,
    ResendToken,
    ResumeToken,
    SetLanguage,
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
from core.crm.open_ticket import open_ticket
from core.customers.change import rename, set_language
from core.customers.queries import Account, account_of_phone
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import NotACustomer, NotOnList, PlanGone
from core.messaging.silence import hear_again, silence
from core.owners.buy_at_network import Purchase, buy_at_network, prompt_at_network
from core.parts import Parts
from core.payments.open_intent import open_intent
from core.payments.rails import rail_of


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
    if isinstance(command, OwnerCommand):
        on_wifi(tx, command, customer=customer, request_key=asked.request_key, now=asked.now, parts=parts)
        return
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
    purchase = Purchase(asked.request_key, command.hotspot_id, command.version_id, command.recipient, command.price)
    try:
        if command.pay_with == "balance":
            buy_at_network(tx, purchase=purchase, buyer=customer, now=asked.now, ids=parts.ids, sealer=parts.sealer)
            return
        prompt_at_network(
            tx,
            purchase=purchase,
            buyer=customer,
            payer_phone=command.payer,
            platform=parts.settings.momo_base_url,
            now=asked.now,
            ids=parts.ids,
            rail=rail_of(parts.settings, command.payer),
        )
    except NotOnList:  # to who buys it is gone, whoever took it off whose list
        raise PlanGone(code="") from None
