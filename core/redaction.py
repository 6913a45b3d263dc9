"""Taking out of typed text what nobody should keep: people type their PIN where they should not."""

from __future__ import annotations

import re
from typing import Final

from core.phones import western_digits

REDACTED: Final = "[redacted]"
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


def redact_inputs(joined: str) -> str:
    """A session's inputs, joined by `*`, without what may be a PIN."""
    inputs = joined.split("*")
    return "*".join(
        redact_text(typed, amount_asked=place == 1 and inputs[0] == TOP_UP_KEY) for place, typed in enumerate(inputs)
    )


def redact_text(text: str, *, amount_asked: bool = False) -> str:
    """A text without a PIN sent alone; where any word for a PIN stands in it, without every number like one.

    `amount_asked`: it answers the question for an amount, so thousands set apart are an amount.
    """
    western = western_digits(text)
    if _PIN_INPUT.fullmatch(_SIGNS.sub("", western)):
        return text if amount_asked and _GROUPED_AMOUNT.fullmatch(western.strip()) else REDACTED
    if not _PIN_WORD.search(western):
        return text
    return _SECRET_WORD.sub(lambda match: f"{match.group(1)} {REDACTED}", _PIN_RUN.sub(REDACTED, western))
