"""Numbers people copy: a customer's payment reference found in free text, and transaction ids made equal to compare."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.errors import InvalidTransactionId
from core.ids import check_digit_is_right
from core.payments.provider_reference import AROUND, normal_id
from core.phones import western_digits

ID_CHARS_MIN: Final = 4
ID_CHARS_MAX: Final = 30
DIGITS_MIN: Final = 4
TEXT_CHARS_MAX: Final = 1400
_PREFIXED: Final = re.compile(r"(?<![A-Z])S[ .-]?B[ :#.\-/]{0,3}(\d{1,12}(?:[ -]\d{1,12}){0,5})(?!\d)")
_BARE: Final = re.compile(r"(?<![\dA-Z.,/-])\d{4,12}(?![\dA-Z]|[.,/-]\d)")
_DOCUMENT: Final = re.compile(r"(?<![A-Z])(INV|DN)[ \-/]?(\d{4})[ \-/]?(\d{1,9})(?!\d)")
_ID: Final = re.compile(r"[A-Z0-9][A-Z0-9./_-]*")


def transaction_id(typed: str) -> str:
    """The transaction id somebody typed.

    Raises:
        InvalidTransactionId: too short or long, without a digit, or with signs that none has.
    """
    found = normal_id(typed)
    has_digit = any(sign.isdecimal() for sign in found)
    if not ID_CHARS_MIN <= len(found) <= ID_CHARS_MAX or not has_digit or not _ID.fullmatch(found):
        raise InvalidTransactionId(typed=typed[:ID_CHARS_MAX])
    return found


def look_alike(identifier: str) -> str:
    """An id with the letters that look like digits as those. Only to suggest: two real ids may differ in just that."""
    return identifier.translate(str.maketrans("OILSB", "01158"))


@dataclass(frozen=True, slots=True)
class Said:
    """Numbers that stand in the texts of a line, as people wrote them.

    `references` stand behind our letters or are all that was written; `bare` are numbers somewhere in a text whose
    check digit is right, as one of any ten numbers has it; `documents` are numbers of bills.
    """

    references: frozenset[str]
    bare: frozenset[str]
    documents: frozenset[str]


NOTHING: Final = Said(frozenset(), frozenset(), frozenset())


@lru_cache(maxsize=8192)  # asked thrice of each line of a chunk: what to look up, then what it means
def said_in(*texts: str | None) -> Said:
    """What a line's texts say of whose money it is."""
    references: set[str] = set()
    bare: set[str] = set()
    documents: set[str] = set()
    for text in texts:
        if not text:
            continue
        plain = text[:TEXT_CHARS_MAX].upper()
        if not plain.isascii():
            plain = unicodedata.normalize("NFKC", western_digits(plain)).upper()
        for found in _PREFIXED.finditer(plain):
            references |= _cumulated(found[1])
        whole = plain.strip(AROUND + " ").replace(" ", "")
        if len(whole) >= DIGITS_MIN and check_digit_is_right(whole):
            references.add(whole)
        bare |= {number for number in _BARE.findall(plain) if check_digit_is_right(number)}
        documents |= {f"{series}-{year}-{int(number):06d}" for series, year, number in _DOCUMENT.findall(plain)}
    if not (references or bare or documents):
        return NOTHING
    return Said(frozenset(references), frozenset(bare - references), frozenset(documents))


def _cumulated(groups: str) -> set[str]:
    """A number may be written in groups, and another may follow it: `100 17 2026`. Each run from the first counts."""
    found, digits = set(), ""
    for group in re.split("[ -]", groups):
        digits += group
        if len(digits) >= DIGITS_MIN and check_digit_is_right(digits):
            found.add(digits)
    return found
