"""How pages speak: texts in the reader's language, and codes, phones, amounts and dates that keep their direction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import g
from markupsafe import Markup, escape

from core.catalog.plan_words import duration_words, left_words, plan_words
from core.clock import JUBA
from core.errors import Refusal
from core.languages import Tongue, say, spoken
from core.languages import marked as _
from core.money import Money
from core.phones import national
from flows.refusals import sentence as flow_sentence

# Words of our tables, as staff read them. The key is `subject.word`.
WORDS: Final[Mapping[str, str]] = {
    "customer.active": _("active"),
    "customer.suspended": _("suspended"),
    "customer.closed": _("closed"),
    "through.ussd": _("by USSD"),
    "through.sms": _("by SMS"),
    "through.staff": _("by staff"),
    "through.seed": _("with the demo data"),
    "payment.created": _("not sent yet"),
    "payment.submitted": _("waits for approval"),
    "payment.paid": _("paid"),
    "payment.refused": _("refused"),
    "payment.expired": _("not approved in time"),
    "payment.unknown": _("nobody knows"),
    "purpose.topup": _("top up"),
    "purpose.token": _("Wi-Fi token"),
    "token.waiting": _("not used yet"),
    "token.running": _("running"),
    "token.expired": _("over"),
    "token.revoked": _("taken back"),
    "text.queued": _("waits to be sent"),
    "text.sent": _("sent"),
    "text.delivered": _("delivered"),
    "text.failed": _("failed"),
    "ticket.open": _("open"),
    "ticket.closed": _("closed"),
    "fault.no_internet": _("no internet"),
    "fault.slow": _("slow"),
    "fault.cannot_log_in": _("cannot log in"),
    "fault.money": _("money"),
    "fault.other": _("other"),
    "outbox.sms": _("SMS"),
    "outbox.momo.request": _("MoMo request"),
    "role.admin": _("admin"),
    "role.manager": _("manager"),
    "role.cashier": _("cashier"),
    "role.technician": _("technician"),
    "act.log_in": _("logged in"),
    "act.log_in_refused": _("log-in refused"),
    "act.log_out": _("logged out"),
    "act.cash_taken": _("took cash"),
    "act.customer_registered": _("registered a customer"),
    "act.customer_changed": _("changed a customer"),
    "act.customer_status": _("changed a customer's status"),
    "act.ticket_closed": _("closed a fault"),
    "act.outbox_pushed": _("pushed"),
    "act.staff_added": _("added staff"),
    "act.staff_activated": _("let in"),
    "act.staff_deactivated": _("shut out"),
    "act.password_reset": _("reset a password"),
    "act.password_changed": _("changed their password"),
    "act.language_chosen": _("chose a language"),
    "act.payment_asked": _("asked MTN again"),
}


def tongue() -> Tongue:
    """The language of this page; browsers show Arabic letters."""
    found: Tongue = g.get("tongue", "en")
    return found


def t(original: str, /, **facts: Any) -> Markup:
    """A text in the reader's language, its facts safe for a page and in their own direction."""
    text = escape(say(tongue(), original))
    return text.format(**{name: shown(fact) for name, fact in facts.items()}) if facts else text


def shown(fact: object) -> object:
    """A fact as a page shows it."""
    if isinstance(fact, Money):
        return amount(fact)
    if isinstance(fact, datetime):
        return when(fact)
    return fact


def word(subject: str, key: str | None) -> Markup:
    """A word of our tables in the reader's language; one we do not know, as it is."""
    original = WORDS.get(f"{subject}.{key}")
    return t(original) if original else ltr(key or "")


def ltr(text: object) -> Markup:
    """A code, phone, amount or date: it reads from left to right inside Arabic too."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def amount(money: Money) -> Markup:
    """An amount; in Arabic the pound by its name, after the digits as Arabic reads."""
    text = str(spoken(tongue(), money))
    if text == str(money):
        return ltr(text)
    digits, _space, name = text.partition(" ")
    return Markup('<bdi><bdi dir="ltr">{}</bdi>\u00a0{}</bdi>').format(digits, name)


def phone(number: str | None) -> Markup:
    """A phone as people here write it."""
    return ltr(national(number) if number and number.startswith("+211") else number or "")


def when(at: datetime | None) -> Markup:
    """An instant by Juba's clock."""
    return ltr(at.astimezone(JUBA).strftime("%d/%m/%Y %H:%M")) if at else Markup()


def token_left(facts: Mapping[str, Any], now: datetime) -> str:
    """What is left of a running token, in a few words."""
    seconds = int((facts["ends_at"] - now).total_seconds())
    if seconds <= 0:
        return say(tongue(), _("over"))
    data = max(0, facts["data_bytes"] - facts["used_bytes"]) if facts["data_bytes"] else None
    return say(tongue(), _("{time} left"), time=left_words(tongue(), seconds, data))


def plan(facts: Mapping[str, Any]) -> str:
    """What was sold, in a few words."""
    return plan_words(tongue(), facts["duration_s"], facts["data_bytes"])


def lasting(seconds: float) -> str:
    """A length of time."""
    return duration_words(tongue(), max(60, int(seconds)))


def refusal_sentence(refusal: Refusal, code: str) -> str:
    """A refusal as one sentence in the reader's language."""
    return flow_sentence(refusal, tongue(), code)
