"""What explains a line of a document, in a tongue, from its kind and facts. The one place for these sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from core.catalog.plan_words import data_words
from core.catalog.taxes import HOME_CURRENCY
from core.documents.speech import Free, ltr, own, percent, plain, rate, shown, told
from core.languages import marked as _
from core.languages import say
from core.money import Money

Facts = Mapping[str, Any]

# What a kind of line is called, where its facts do not say more.
NAMES: Final[Mapping[str, str]] = {
    "recurring": _("Monthly service"),
    "discount": _("Discount"),
    "rental": _("Equipment rental"),
    "overage": _("Data beyond the allowance"),
    "data": _("More data"),
    "set_up": _("Set-up"),
    "deposit": _("Deposit"),
    "unused": _("Days not used"),
    "change": _("Change of plan"),
    "charge": _("Charge"),
    "credit": _("Credit"),
    "reduction": _("Discount"),
}


def line_words(tongue: str, kind: str, facts: Facts) -> str:
    """The explanation: `Home 5 Mbit, 17 of 30 days at SSP 45,000`. A fact that is missing leaves the kind's name.

    In Arabic, numbers and names are marked with their direction; on a phone use `plain_words`.
    """
    try:
        return _SENTENCES[kind](tongue, facts)
    except KeyError:
        return say(tongue, NAMES[kind]) if kind in NAMES else kind


def plain_words(tongue: str, kind: str, facts: Facts) -> str:
    """The explanation without marks of direction."""
    return plain(line_words(tongue, kind, facts))


def _tariff(tongue: str, facts: Facts) -> Free:
    return Free(facts["tariff_ar"] if tongue == "ar" else facts["tariff_en"])


def _price(tongue: str, facts: Facts) -> str:
    """The price, and the rate that made pounds of it."""
    price = shown(tongue, Money(facts["price"], facts["currency"]))
    if "rate_millionths" not in facts:
        return price
    return say(
        tongue,
        _("{price} at {rate} SSP (rate of {day})"),
        price=price,
        rate=ltr(tongue, rate(facts["rate_millionths"])),
        day=shown(tongue, date.fromisoformat(facts["rate_day"])),
    )


def _by_days(tongue: str, facts: Facts, *, whole: str, part: str, what: str) -> str:
    numbers = {"days": ltr(tongue, str(facts["days"])), "of": ltr(tongue, str(facts["of"]))}
    original = whole if facts["days"] == facts["of"] else part
    return say(tongue, original, what=what, price=_price(tongue, facts), **numbers)


_WHOLE: Final = _("{what}, a whole month at {price}")
_PART: Final = _("{what}, {days} of {of} days at {price}")


def _recurring(tongue: str, facts: Facts) -> str:
    return _by_days(tongue, facts, whole=_WHOLE, part=_PART, what=own(tongue, _tariff(tongue, facts)))


def _rental(tongue: str, facts: Facts) -> str:
    return _by_days(tongue, facts, whole=_WHOLE, part=_PART, what=say(tongue, NAMES["rental"]))


def _change(tongue: str, facts: Facts) -> str:
    if facts.get("credited_kind") == "rental":
        return _rental(tongue, facts)
    original = _("Change to {what}, {days} of {of} days at {price}")
    return _by_days(tongue, facts, whole=original, part=original, what=own(tongue, _tariff(tongue, facts)))


def _discount(tongue: str, facts: Facts) -> str:
    return told(
        tongue,
        _("{promotion}: {percent} off {tariff}"),
        promotion=_promotion(tongue, facts),
        percent=percent(facts["off_millionths"]),
        tariff=_tariff(tongue, facts),
    )


def _promotion(tongue: str, facts: Facts) -> Free:
    return Free(facts["promotion_ar"] if tongue == "ar" else facts["promotion_en"])


def _overage(tongue: str, facts: Facts) -> str:
    return say(
        tongue,
        _("{extra} over {allowed} at {price} each"),
        extra=_data(tongue, facts["gigabytes"] * 10**9),
        allowed=_data(tongue, facts["allowed_bytes"]),
        price=_price(tongue, facts),
    )


def _more_data(tongue: str, facts: Facts) -> str:
    return say(
        tongue,
        _("{data} more for {tariff} until {day}, at {price}"),
        data=_data(tongue, facts["data_bytes"]),
        tariff=own(tongue, _tariff(tongue, facts)),
        day=shown(tongue, date.fromisoformat(facts["until"])),
        price=_price(tongue, facts),
    )


def _data(tongue: str, data_bytes: int) -> str:
    return own(tongue, data_words(tongue, data_bytes))


def _unused(tongue: str, facts: Facts) -> str:
    """No price here: the days are counted of those on the invoice, and its price is of a month."""
    what = own(tongue, _tariff(tongue, facts))
    if facts.get("credited_kind") == "rental":
        what = say(tongue, NAMES["rental"])
    elif facts.get("credited_kind") == "discount":
        what = own(tongue, _promotion(tongue, facts))
    return say(
        tongue,
        _("{what}, {days} of {of} days not used"),
        what=what,
        days=ltr(tongue, str(facts["days"])),
        of=ltr(tongue, str(facts["of"])),
    )


def _set_up(tongue: str, facts: Facts) -> str:
    return told(tongue, _("Set-up of {tariff}"), tariff=_tariff(tongue, facts))


def _deposit(tongue: str, facts: Facts) -> str:
    return told(tongue, _("Deposit for {tariff}, yours when the service ends"), tariff=_tariff(tongue, facts))


def _text(tongue: str, facts: Facts) -> str:
    """What a member of staff wrote. A credit may say instead which line it takes back."""
    if "credited_kind" in facts:
        line = line_words(tongue, facts["credited_kind"], {k: v for k, v in facts.items() if k != "credited_kind"})
        return say(tongue, _("Taken back: {line}"), line=line)
    return own(tongue, facts["text"])


def _reduction(tongue: str, facts: Facts) -> str:
    """Why it is given; where a bill was too small for the whole of it, of how much this is a part."""
    if "whole" not in facts:
        return _text(tongue, facts)
    whole = shown(tongue, Money(facts["whole"], HOME_CURRENCY))
    return say(tongue, _("{reason}, a part of {amount}"), reason=_text(tongue, facts), amount=whole)


_SENTENCES: Final[Mapping[str, Callable[[str, Facts], str]]] = {
    "recurring": _recurring,
    "discount": _discount,
    "rental": _rental,
    "overage": _overage,
    "data": _more_data,
    "set_up": _set_up,
    "deposit": _deposit,
    "unused": _unused,
    "change": _change,
    "charge": _text,
    "credit": _text,
    "reduction": _reduction,
}
