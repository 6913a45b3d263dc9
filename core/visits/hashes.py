"""PINs and passwords of customers: what may be one, and how it is kept. No I/O."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.errors import WeakSecret
from core.hashing import hashed
from core.phones import national, western_digits
from core.visits.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PIN_DIGITS

_RUNS: Final = ("01234567890", "09876543210")


def hash_secret(typed: str, *, phone: str) -> str:
    """A hash to keep of a PIN or a password. `phone` is the customer's, as E.164.

    Raises:
        WeakSecret: neither `PIN_DIGITS` digits nor long enough; or one that is tried first.
    """
    plain = plain_secret(typed)
    too_short = len(plain) < PASSWORD_CHARS_MIN and not (plain.isdecimal() and len(plain) == PIN_DIGITS)
    easy = (
        plain == plain[:1] * len(plain)
        or any(plain in run for run in _RUNS)
        or (plain.isdecimal() and plain in national(phone, spaced=False))
    )
    if too_short or easy or len(plain) > PASSWORD_CHARS_MAX:
        raise WeakSecret(digits=PIN_DIGITS, least_chars=PASSWORD_CHARS_MIN)
    return hashed(plain)


def plain_secret(typed: str) -> str:
    """What is hashed: the same on a keyboard with Arabic digits, and however letters are composed."""
    return western_digits(unicodedata.normalize("NFKC", typed))
