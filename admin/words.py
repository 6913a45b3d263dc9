"""How pages speak: texts in the reader's language, and codes, phones, amounts and dates that keep their direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import g
from markupsafe import Markup, escape

from admin.billing_words import BILLING_WORDS
from admin.cash_words import CASH_WORDS
from admin.partner_words import PARTNER_WORDS
from admin.payout_words import PAYOUT_WORDS
from admin.refusal_words import sentence_of
from admin.router_words import ROUTER_WORDS
from admin.statement_words import STATEMENT_WORDS
from core.catalog.plan_words import data_words, duration_words, left_words, plan_words
from core.catalog.taxes import MILLION
from core.clock import JUBA
from core.days import DAY
from core.errors import Refusal
from core.languages import Tongue, say, spoken
from core.languages import marked as _
from core.money import Money
from core.phones import national

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
    "rail.mtn-momo": _("MTN MoMo"),
    "rail.orange-money": _("Orange Money"),
    "rail.cash": _("cash"),
    "paid_by.cash": _("in cash"),
    "paid_by.mtn-momo": _("by MoMo"),
    "paid_by.orange-money": _("by Orange Money"),
    "alarm.callback_unknown": _("The provider called about a payment that is none of ours"),
    "alarm.callback_differs": _("The provider called with another amount than was asked for"),
    "alarm.payment_differs": _("Paid at the provider, but not as it was asked for"),
    "alarm.reference_reused": _("The provider gave a number that is on another receipt"),
    "alarm.key_reused": _("One request came twice, with two contents"),
    "purpose.topup": _("top up"),
    "purpose.token": _("Wi-Fi token"),
    "purpose.data": _("more data"),
    "token.waiting": _("not used yet"),
    "token.running": _("running"),
    "token.expired": _("over"),
    "token.revoked": _("stopped"),
    "token.paused": _("stopped for a while"),
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
    "outbox.momo.note": _("MoMo receipt note"),
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
    "act.token_stopped": _("stopped a Wi-Fi token"),
    "act.outbox_pushed": _("pushed"),
    "act.staff_phone_set": _("noted a phone of staff"),
    "act.staff_added": _("added staff"),
    "act.staff_activated": _("let in"),
    "act.staff_deactivated": _("shut out"),
    "act.password_reset": _("reset a password"),
    "act.password_changed": _("changed their password"),
    "act.language_chosen": _("chose a language"),
    "act.payment_asked": _("asked MTN again"),
    "act.payment_settled_paid": _("settled a payment: paid"),
    "act.payment_settled_refused": _("settled a payment: nothing taken"),
    "act.receipt_sent_again": _("texted a receipt again"),
    "act.alarm_seen": _("looked into an alarm"),
    **BILLING_WORDS,
    **STATEMENT_WORDS,
    **CASH_WORDS,
    **PAYOUT_WORDS,
    **ROUTER_WORDS,
    **PARTNER_WORDS,
}
KBIT_OF_A_MBIT: Final = 1000


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


def choices(subject: str, keys: Sequence[str]) -> list[tuple[str, Markup]]:
    """Words of our tables for a list to choose from: each with how it reads."""
    return [(key, word(subject, key)) for key in keys]


def ltr(text: object) -> Markup:
    """A code, phone, amount or date: it reads from left to right inside Arabic too."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def own(text: object) -> Markup:
    """What people wrote: it reads as its first letter does, whatever stands around it."""
    return Markup("<bdi>{}</bdi>").format(text)


def amount(money: Money) -> Markup:
    """An amount; in Arabic the pound by its name, after the digits as Arabic reads."""
    text = str(spoken(tongue(), money))
    if text == str(money):
        return ltr(text)
    digits, _space, name = text.partition(" ")
    return Markup('<bdi><bdi dir="ltr">{}</bdi>\u00a0{}</bdi>').format(digits, name)


def money_of(minor: int | None, currency: str) -> Money:
    """An amount from its columns; nothing where a sum had nothing to add."""
    return Money(int(minor or 0), currency)


def phone(number: str | None) -> Markup:
    """A phone as people here write it."""
    return ltr(national(number) if number and number.startswith("+211") else number or "")


def when(at: datetime | None) -> Markup:
    """An instant by Juba's clock."""
    return ltr(at.astimezone(JUBA).strftime("%d/%m/%Y %H:%M")) if at else Markup()


def clock(at: datetime) -> Markup:
    """The time of day of an instant by Juba's clock."""
    return ltr(f"{at.astimezone(JUBA):%H:%M}")


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


def day(on: date | None) -> Markup:
    """A day. With strokes it keeps its order within Arabic, with dashes it would not."""
    return ltr(f"{on:%d/%m/%Y}") if on else Markup()


def last_day(until: date | None) -> Markup:
    """The last day of a span whose end is not included, as people name it."""
    return day(until - DAY) if until else Markup()


def month(first: date) -> Markup:
    """A month by its number and year."""
    return ltr(f"{first:%m/%Y}")


def share(millionths: int) -> Markup:
    """A share as a percentage: 150,000 millionths are 15 %."""
    percent = (Decimal(millionths) * 100 / MILLION).normalize()
    return ltr(f"{percent:f}\u00a0%")


def rate(millionths: int) -> Markup:
    """An exchange rate: `3,010.5`."""
    return ltr(f"{(Decimal(millionths) / MILLION).normalize():,f}")


def speed(kbps: int) -> Markup:
    """A speed in Mbit/s, or in kbit/s where it is less than one."""
    if kbps < KBIT_OF_A_MBIT:
        return ltr(f"{kbps}\u00a0kbit/s")
    return ltr(f"{(Decimal(kbps) / KBIT_OF_A_MBIT).normalize():f}\u00a0Mbit/s")


def data(data_bytes: int) -> Markup:
    """An amount of data, in a few words."""
    return own(data_words(tongue(), data_bytes))


def refusal_sentence(refusal: Refusal, code: str) -> Markup:
    """A refusal as one sentence in the reader's language. Among Arabic its codes, days and amounts keep their order."""
    facts: dict[str, Any] = refusal.facts() | {"code": code}
    if isinstance(facts.get("phone"), str):
        facts["phone"] = national(facts["phone"])
    if tongue() == "ar":
        return t(sentence_of(refusal), **{name: _kept(fact) for name, fact in facts.items()})
    return escape(say(tongue(), sentence_of(refusal), **facts))


def _kept(fact: object) -> object:
    return fact if isinstance(fact, Money | datetime) else ltr(fact)
