"""What a Wi-Fi owner or a helper asks for in a conversation, carried out."""

from __future__ import annotations

from datetime import datetime

from core.callers.commands import (
    AddHelper,
    AddNetwork,
    ConfirmMomo,
    NameMomo,
    OwnerCommand,
    PayMeOut,
    RemoveHelper,
    SellToken,
    SetPrice,
    SignUpOwner,
    TakeBackSale,
)
from core.catalog.queries import offer_of_version
from core.customers.queries import Account
from core.db.engine import Transaction
from core.owners.add_helper import add_helper, remove_helper
from core.owners.add_network import add_network
from core.owners.ask_payout import ask_owner_payout
from core.owners.confirm_momo import confirm_momo
from core.owners.give_token import give_token
from core.owners.name_momo import name_momo
from core.owners.price_list import set_owner_price
from core.owners.sell_by_momo import sell_by_momo
from core.owners.sell_for_cash import sell_for_cash
from core.owners.selling import Wanted
from core.owners.sign_up_owner import sign_up_owner
from core.owners.take_back_sale import take_back_sale
from core.parts import Parts


def on_wifi(
    tx: Transaction,
    command: OwnerCommand,
    *,
    customer: Account,
    request_key: str,
    now: datetime,
    parts: Parts,
) -> None:
    """Do what the command says, once per request.

    Raises:
        Refusal: as the use case says; nothing was done.
    """
    ids, sealer, key = parts.ids, parts.sealer, parts.settings.secret_key
    match command:
        case SignUpOwner():
            sign_up_owner(tx, customer=customer, now=now)
        case NameMomo():
            name_momo(
                tx,
                owner=customer,
                typed_phone=command.phone,
                request_key=request_key,
                now=now,
                ids=ids,
                sealer=sealer,
                key=key,
            )
        case ConfirmMomo():
            confirm_momo(tx, owner=customer, typed=command.code, request_key=request_key, now=now, key=key)
        case AddNetwork():
            add_network(tx, owner_id=customer.customer_id, typed_ssid=command.ssid, place="", reach=command.reach)
        case SellToken():
            _sell(tx, command, customer, request_key, now, parts)
        case TakeBackSale():
            take_back_sale(tx, seller=customer, token_id=command.token_id, now=now)
        case AddHelper():
            code = parts.settings.service_code
            add_helper(tx, owner=customer, typed_phone=command.phone, code=code, now=now)
        case RemoveHelper():
            remove_helper(tx, owner_id=customer.customer_id, typed_phone=command.phone, now=now)
        case SetPrice():
            plan_code = offer_of_version(tx.connection, command.version_id).code
            set_owner_price(tx, owner_id=customer.customer_id, plan_code=plan_code, price=command.price, now=now)
        case PayMeOut():
            platform = parts.settings.momo_base_url
            owner_id = customer.customer_id
            ask_owner_payout(tx, owner_id=owner_id, request_key=request_key, platform=platform, now=now, ids=ids)


def _sell(
    tx: Transaction, command: SellToken, customer: Account, request_key: str, now: datetime, parts: Parts
) -> None:
    wanted = Wanted(
        request_key, command.hotspot_id, command.version_id, command.recipient, command.price, command.campaign
    )
    if command.means == "momo":
        platform = parts.settings.momo_base_url
        sell_by_momo(
            tx,
            wanted=wanted,
            payer_phone=command.payer or command.recipient,
            seller=customer,
            platform=platform,
            now=now,
            ids=parts.ids,
        )
    elif command.means == "cash":
        sell_for_cash(tx, wanted=wanted, seller=customer, now=now, ids=parts.ids, sealer=parts.sealer)
    else:
        give_token(tx, wanted=wanted, giver=customer, now=now, ids=parts.ids, sealer=parts.sealer)
