"""Amounts as people type them."""

from __future__ import annotations

import re
from typing import Final

from core.errors import InvalidAmount
from core.money import Money
from core.phones import western_digits

TYPED_CHARS_MAX: Final = 20
AMOUNT_MAJOR_MAX: Final = 10**12
# Digits; or groups of three after commas, Arabic separators or spaces; the currency may stand before or behind.
_AMOUNT: Final = re.compile(
    r"(?:ssp|gineeh|جنيه)?\s*(\d{1,12}|\d{1,3}(?:[,٬ ]\d{3})+)\s*(?:ssp|gineeh|جنيه)?", re.IGNORECASE
)


def parse_amount(typed: str, currency: str = "SSP") -> Money:
    """A whole amount of pounds; whoever takes it refuses nothing and too much, with the bounds in the sentence.

    `5.000` is refused, not guessed: five pounds to one reader, five thousand to another. A comma groups
    thousands to all of them, and what was understood is shown before anything is paid.

    Raises:
        InvalidAmount: anything else.
    """
    text = western_digits(typed).strip()
    match = _AMOUNT.fullmatch(text)
    if len(typed) > TYPED_CHARS_MAX or match is None:
        raise InvalidAmount(typed=typed[:TYPED_CHARS_MAX])
    amount = int(re.sub(r"\D", "", match.group(1)))
    if amount > AMOUNT_MAJOR_MAX:
        raise InvalidAmount(typed=typed)
    return Money.of(amount, currency)
