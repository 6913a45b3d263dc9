"""Reading what providers of money send: JSON without floats, exact amounts, references, text that can be kept."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from core.money import MINOR_DIGITS, Money
from core.payments.collector import RAW_CHARS_MAX

AMOUNT_CHARS_MAX: Final = 24
REFERENCE_CHARS_MAX: Final = 64

_AMOUNT: Final = re.compile(r"\d{1,18}(\.\d{1,4})?", re.ASCII)
_UNSTORABLE: Final = dict.fromkeys((0, *range(0xD800, 0xE000)))


def read_json(text: str) -> Any:
    """Parse JSON without ever making a float.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ArithmeticError, RecursionError) as fault:  # 1e9999999999999999999; ten thousand brackets
        raise ValueError("no JSON of any use") from fault


def storable(text: str, chars_max: int = RAW_CHARS_MAX) -> str:
    """Their text as PostgreSQL and JSON take it: without the zero character and halves of pairs, and not endless."""
    return text.translate(_UNSTORABLE)[:chars_max]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def amount_text(amount: Money) -> str:
    """The amount as providers read it: `500`, or `500.50` when there is a fraction."""
    digits = MINOR_DIGITS[amount.currency]
    whole, fraction = divmod(amount.minor, 10**digits)
    return f"{whole}.{fraction:0{digits}d}" if fraction else str(whole)


def read_amount(value: Any, currency: Any) -> Money | None:
    """An amount that moved, in minor units, exactly; None when it is not clearly one."""
    amount = read_money(value, currency)
    return amount if amount is not None and amount.minor > 0 else None


def read_money(value: Any, currency: Any) -> Money | None:
    """What they write as money, in minor units, exactly, nothing and less included; None when it is not clearly any."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not isinstance(currency, str):
        return None
    if isinstance(value, str):
        value = value.strip()
        if len(value) > AMOUNT_CHARS_MAX or not _AMOUNT.fullmatch(value):
            return None
    try:
        return Money.of(value, currency)
    except (ValueError, ArithmeticError):
        return None


def read_reference(value: Any) -> str | None:
    """Their number of the payment; None when it cannot serve as one. Cut short, two of them could be the same."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    reference = str(value).strip()
    return reference if 0 < len(reference) <= REFERENCE_CHARS_MAX and reference.isprintable() else None
