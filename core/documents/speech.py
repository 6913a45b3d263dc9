"""How papers speak: sentences in a tongue whose numbers, codes and dates keep their direction among Arabic.

A run is marked with the isolates of Unicode (UAX 9, U+2066 to U+2069). Paper draws them, a page turns each into
`<bdi>`, and a phone, whose screen may not know them, gets the sentence `plain`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from core.catalog.taxes import HOME_CURRENCY, MILLION
from core.days import day_said
from core.languages import say, spoken
from core.money import Money

LTR: Final = "\u2066"  # what follows reads from left to right
OWN: Final = "\u2068"  # what follows reads as its first letter does
END: Final = "\u2069"
NO_BREAK: Final = "\u00a0"
_CONTROLS: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT: Final = ("R", "AL", "AN")


class Free(str):
    """Words that people wrote: names, places, reasons. In any language, so in a direction of their own."""

    __slots__ = ()


def plain(sentence: str) -> str:
    """The sentence without marks of direction."""
    return _CONTROLS.sub("", sentence)


def ltr(tongue: str, text: str) -> str:
    """A number, code or date, for a sentence in this tongue. With a dash, everywhere: no line may break there."""
    return f"{LTR}{plain(text)}{END}" if tongue == "ar" or "-" in text else text


def own(tongue: str, text: str) -> str:
    """What somebody wrote, for a sentence in this tongue. Marks inside it are taken out: one could end ours."""
    bare = plain(text)
    mixes = tongue == "ar" or any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in bare)
    return f"{OWN}{bare}{END}" if mixes else bare


def amount(tongue: str, money: Money) -> str:
    """An amount; in Arabic the pound stands by its name after the digits."""
    text = str(spoken(tongue, money))
    if tongue != "ar" or money.currency != HOME_CURRENCY:
        return ltr(tongue, text.replace(" ", NO_BREAK))
    digits, _space, name = text.partition(" ")
    return f"{ltr(tongue, digits)}{NO_BREAK}{name}"


def shown(tongue: str, fact: object) -> str:
    """A fact in a sentence of this tongue."""
    if isinstance(fact, Money):
        return amount(tongue, fact)
    if isinstance(fact, Free):
        return own(tongue, fact)
    return ltr(tongue, day_said(fact) if isinstance(fact, date) else str(fact))


def told(tongue: str, original: str, /, **facts: object) -> str:
    """A sentence with its facts, each in its own direction."""
    return say(tongue, original, **{name: shown(tongue, fact) for name, fact in facts.items()})


def percent(millionths: int) -> str:
    """A share as people write it: `20%`, `12.5%`."""
    return f"{_trimmed(Decimal(millionths) * 100 / MILLION)}%"


def rate(millionths: int) -> str:
    """An exchange rate: `4,500.5`."""
    return _trimmed(Decimal(millionths) / MILLION)


def _trimmed(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
