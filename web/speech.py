"""How pages speak: texts in the reader's language, and codes, phones, amounts and dates that keep their direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import g
from markupsafe import Markup, escape

from core.catalog.plan_words import data_words, duration_words, left_words, plan_words
from core.catalog.taxes import MILLION
from core.clock import JUBA
from core.days import DAY
from core.errors import Refusal
from core.languages import Tongue, say, spoken
from core.languages import marked as _
from core.money import Money
from core.phones import national

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


def refused(refusal: Refusal, sentence: str, code: str) -> Markup:
    """A refusal by this sentence of the catalogue. Among Arabic its codes, days and amounts keep their order.

    `code` is what people dial.
    """
    facts: dict[str, Any] = refusal.facts() | {"code": code}
    if isinstance(facts.get("phone"), str):
        facts["phone"] = national(facts["phone"])
    if tongue() == "ar":
        return t(sentence, **{name: _kept(fact) for name, fact in facts.items()})
    return escape(say(tongue(), sentence, **facts))


def _kept(fact: object) -> object:
    return fact if isinstance(fact, Money | datetime) else ltr(fact)


FILTERS: Final[Mapping[str, Callable[..., Markup]]] = {
    "ltr": ltr,
    "amount": amount,
    "phone": phone,
    "when": when,
    "clock": clock,
    "own": own,
    "day": day,
    "last_day": last_day,
    "month": month,
    "share": share,
    "rate": rate,
    "speed": speed,
    "data": data,
}
