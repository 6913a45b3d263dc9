"""Phone numbers: what people type, as E.164; which operator, and so which wallet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

from core.errors import ForeignPhone, InvalidPhone, NotMobile

REGION: Final = "SS"
TYPED_CHARS_MAX: Final = 40

# Prefix after +211 -> operator (libphonenumber carrier data and ranges; 99 from its internal table).
# Numbers do not move between operators here: no portability exists.
OPERATORS: Final = {"92": "mtn", "99": "mtn", "91": "zain", "98": "digitel", "97": "gemtel", "12": "sudani"}
MOMO_OPERATOR: Final = "mtn"

_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_BIDI_MARKS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u00a0]")


def western_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as 0-9; nothing else changes."""
    return text.translate(_DIGITS)


def parse_phone(typed: str) -> str:
    """A mobile number of South Sudan as E.164 (`+211921234567`), from any usual way of writing it.

    Raises:
        InvalidPhone: not a number that can exist.
        ForeignPhone: a valid number of another country.
        NotMobile: a valid landline.
    """
    text = _BIDI_MARKS.sub("", western_digits(typed)).strip()
    if len(text) > TYPED_CHARS_MAX or not re.fullmatch(r"[+\d\s().-]+", text):
        raise InvalidPhone(typed=typed[:TYPED_CHARS_MAX])
    return _parse_clean(text)


@lru_cache(maxsize=4096)  # parsing costs 60 us; the same callers come again all day
def _parse_clean(text: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise InvalidPhone(typed=text) from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone(typed=text)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.region_code_for_number(number) != REGION:
        raise ForeignPhone(phone=e164)
    if phonenumbers.number_type(number) is not phonenumbers.PhoneNumberType.MOBILE:
        raise NotMobile(phone=e164)
    return e164


def operator_of(phone: str) -> str | None:
    """The operator of an E.164 number of South Sudan, by prefix; None when unknown."""
    return OPERATORS.get(phone[4:6]) if phone.startswith("+211") else None


def can_pay_by_momo(phone: str) -> bool:
    """Whether the number is MTN's, and so may have a MoMo wallet."""
    return operator_of(phone) == MOMO_OPERATOR


@lru_cache(maxsize=1024)
def region_of(phone: str) -> str | None:
    """The country of an E.164 number (`SS`, `CM`); None where it is no country's."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone))


def country_code(region: str) -> str:
    """What numbers of a country begin with: `+237`."""
    return f"+{phonenumbers.country_code_for_region(region)}"


def national(phone: str, *, spaced: bool = True) -> str:
    """An E.164 number as people here write it: `0921 234 567`. In Arabic unspaced: groups turn round.

    A number of another country is written in full.
    """
    if not phone.startswith("+211"):
        return phone
    digits = phone.removeprefix("+211")
    return f"0{digits[:3]} {digits[3:6]} {digits[6:]}" if spaced else f"0{digits}"
