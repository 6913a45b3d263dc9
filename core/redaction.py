"""Taking out of typed text what nobody should keep: codes of tokens, and PINs typed where they should not be."""

from __future__ import annotations

import re
from typing import Final

from core.codes import without_codes
from core.phones import western_digits

REDACTED: Final = "[redacted]"
_HOLE: Final = "\0"  # where something was, while the rest is read: no letter of a word
# 4 to 6 digits alone, however they are set apart, are a PIN as far as a log is concerned; an amount of the same look
# stands in its own row anyway.
_PIN_INPUT: Final = re.compile(r"\d{4,6}")
_SIGNS: Final = re.compile(r"[\W_]+")
# Beside a word for it also digit by digit: `pin 1 2 3 4 5`.
_PIN_RUN: Final = re.compile(r"(?<!\d)\d(?:[\s.,-]?\d){3,5}(?!\d)")
# The words people use for it, in any of their languages, also grown together with the digits.
_PIN_WORD: Final = re.compile(
    r"(?i)\bm?pin|password|passwd|\bpass\b|secret|sirr[iy]|\bmomo|سري|السر|\bرمز|الرمز|كلمة|كلمه|\bبن\b|مومو"
)
_SECRET_WORD: Final = re.compile(r"(?i)\b(password|passwd|pass)(\s+is)?[\s:=]+\S+")
# What was asked for as an amount and looks like one and not like a PIN: `5 000`, `12,500`, `5.000`.
_GROUPED_AMOUNT: Final = re.compile(r"\d{1,3}(?:[,٬. ]\d{3})+")
TOP_UP_KEY: Final = "3"  # of the main menu, for ever; an amount is asked for next
CARD_KEY: Final = "13"  # of the same; the code of a card is asked for next
_MENU_KEYS: Final = frozenset({"98", "00", "0"})  # that lead to the menu, or on in it
KEY_CHARS_MAX: Final = 2  # of a choice
# What stands behind a word for a card is its code, also when it is mistyped by a character or two.
_CARD: Final = re.compile(r"(?i)^(\W*(?:cards?|voucher|karti?|(?:ال)?(?:بطاق[هة]|كرت))\W+)(?=.*\d)\S.*", re.DOTALL)


def redact_inputs(joined: str) -> str:
    """A session's inputs, joined by `*`, without what may be a PIN or the code of a card."""
    inputs = joined.split("*")
    kept = [
        redact_text(typed, amount_asked=place == 1 and inputs[0] == TOP_UP_KEY) for place, typed in enumerate(inputs)
    ]
    for place, typed in enumerate(inputs):
        if typed == CARD_KEY and (place == 0 or inputs[place - 1] in _MENU_KEYS):
            # Whatever is typed from here on is a code, or was meant to be one.
            kept[place:] = [one if len(one) <= KEY_CHARS_MAX else REDACTED for one in kept[place:]]
    return "*".join(kept)


def redact_text(text: str, *, amount_asked: bool = False) -> str:
    """A text without the code of a token, and without a PIN sent alone.

    Where any word for a PIN stands in it, it is without every number like one.

    `amount_asked`: it answers the question for an amount, so thousands set apart are an amount.
    """
    behind_card = _CARD.sub(lambda match: f"{match.group(1)}{REDACTED}", text)
    if behind_card != text:
        return behind_card
    text = without_codes(text, _HOLE)
    return _without_pins(text, amount_asked=amount_asked).replace(_HOLE, REDACTED)


def _without_pins(text: str, *, amount_asked: bool) -> str:
    western = western_digits(text)
    if _PIN_INPUT.fullmatch(_SIGNS.sub("", western)):
        return text if amount_asked and _GROUPED_AMOUNT.fullmatch(western.strip()) else REDACTED
    if not _PIN_WORD.search(western):
        return text
    return _SECRET_WORD.sub(lambda match: f"{match.group(1)} {REDACTED}", _PIN_RUN.sub(REDACTED, western))
