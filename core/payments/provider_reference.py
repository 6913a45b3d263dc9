"""A provider's number of a payment, in the one form it is stored and compared in, whoever typed or sent it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.phones import western_digits

# What people write around a number, the Arabic signs too; and blanks with the marks that turn a line round.
AROUND: Final = "#.,:;!?()[]\"'*\u060c\u061b\u061f"
_BLANKS: Final = re.compile(r"[\s\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def normal_id(text: str) -> str:
    """A transaction id in the one form it is compared in: Western digits, capitals, no blanks, no signs around it."""
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", western_digits(text))).upper()
    return plain.strip(AROUND)
