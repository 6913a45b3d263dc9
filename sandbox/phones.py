"""Phones as people and programs write them to the control surfaces. The providers' own protocols stay strict."""

from __future__ import annotations

import re
from typing import Final

COUNTRY: Final = "211"
TYPED_CHARS_MAX: Final = 40
SENTENCE: Final = "is a phone like +211921234567 or 0921234567"
_SEPARATORS: Final = re.compile(r"[\s().-]")
_FOREIGN: Final = re.compile(r"(?!0|211)\d{8,15}", re.ASCII)
_NATIONAL: Final = re.compile(r"0?([19]\d{8})", re.ASCII)
_OURS: Final = re.compile(r"211[19]\d{8}", re.ASCII)


class InvalidPhoneError(ValueError):
    """No phone; says which field in one sentence."""


def e164(typed: object, field: str) -> str:
    """`+211921234567` from itself, with `00`, a blank or nothing instead of the `+`, or as dialled at home.

    A blank before the digits is a `+` that nobody escaped in a query. Other countries' numbers, MTN's test numbers
    among them, must carry their country code.

    Raises:
        InvalidPhoneError: it is no phone.
    """
    if isinstance(typed, bool) or not isinstance(typed, str | int) or len(str(typed)) > TYPED_CHARS_MAX:
        raise InvalidPhoneError(f"{field} {SENTENCE}")
    digits = _SEPARATORS.sub("", str(typed))
    at_home = _NATIONAL.fullmatch(digits)
    if at_home and not str(typed).lstrip().startswith("+"):
        return f"+{COUNTRY}{at_home[1]}"
    digits = digits[1:] if digits.startswith("+") else digits.removeprefix("00")
    if not (_OURS.fullmatch(digits) or _FOREIGN.fullmatch(digits)):
        raise InvalidPhoneError(f"{field} {SENTENCE}")
    return f"+{digits}"
