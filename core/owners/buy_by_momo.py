"""A token that somebody buys for themselves on a network's page: they pay by MTN MoMo, and it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select

from core.catalog.models import PlanVersion
from core.customers.queries import account
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import CustomerNotActive, NotMomoPhone, NotOnList, NotPossibleNow, PlanGone
from core.ids import Ids
from core.languages import Language
from core.money import Money
from core.owners.buy_at_network import Purchase, prompt_at_network
from core.owners.page_prompts import Asker, count_prompt
from core.payments.open_intent import Opened
from core.phones import can_pay_by_momo, parse_phone

_KNOWN: Final = select(exists().where(PlanVersion.id == bindparam("version_id")))


def buy_by_momo(
    tx: Transaction,
    *,
    request_key: str,
    hotspot_id: int,
    version_id: int,
    shown: Money,
    typed_phone: str,
    asker: Asker,
    language: Language,
    platform: str,
    now: datetime,
    ids: Ids,
) -> Opened:
    """Prompt the phone for the price at this network; the token goes there too. Once per request.

    They are a customer from then on: money that came and could not be used is theirs, on their balance.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile, NotMomoPhone: that phone cannot pay so.
        PlanGone: it is not sold there; or not sold any more, nor ever was.
        NotPossibleNow: its account is stopped.
        TooManyTries: too many were prompted from there, or that phone, or by all pages together.
        Refusal: as of `core.owners.buy_at_network`.
    """
    phone = parse_phone(typed_phone)
    if not can_pay_by_momo(phone):
        raise NotMomoPhone(phone=phone)
    if not tx.execute(_KNOWN, {"version_id": version_id}).scalar():  # a form of somebody's own making
        raise PlanGone(code="")
    buyer = register(tx, phone=phone, language=language, script=None, through="hotspot", now=now)
    purchase = Purchase(request_key, hotspot_id, version_id, phone, shown)
    try:
        opened = prompt_at_network(
            tx,
            purchase=purchase,
            buyer=account(tx.connection, buyer.customer_id),
            payer_phone=phone,
            platform=platform,
            now=now,
            ids=ids,
        )
    except NotOnList:  # a word for who sells: to who buys, it is gone
        raise PlanGone(code="") from None
    except CustomerNotActive:  # whose phone it is, and their number, is nobody's business who only typed it
        raise NotPossibleNow(what="customer", state="not active") from None
    if not opened.again:
        count_prompt(tx, asker, now)
    return opened
