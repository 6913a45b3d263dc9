"""Identifiers and secrets. Randomness is an argument so that a test can replay a day."""

from __future__ import annotations

import os
import uuid
from typing import Final, Protocol

# Typed on a keypad by people who may not read Latin well: no 0/O, 1/l/I, 2/Z, 5/S, 8/B, U/V.
TYPEABLE: Final = "acdefhjkmnprtwxy3479"
# A random byte as a character; the 16 bytes above 12 times 20 are thrown away: no character comes oftener than another.
_OF_BYTE: Final = bytes(ord(TYPEABLE[byte % len(TYPEABLE)]) for byte in range(256))
_UNFAIR: Final = bytes(range(256 - 256 % len(TYPEABLE), 256))
PAYMENT_PREFIX: Final = "SB"  # before a customer's number on a transfer: that it is meant is then certain


class Ids(Protocol):
    """Makes identifiers and secrets."""

    def new_uuid(self) -> uuid.UUID:
        """Return a fresh random UUID (version 4: MTN refuses others as X-Reference-Id)."""
        ...

    def typeable(self, length: int) -> str:
        """Return `length` characters of `TYPEABLE`, from a cryptographic source."""
        ...


class SystemIds:
    """Identifiers from the operating system's randomness."""

    def new_uuid(self) -> uuid.UUID:
        """Return a fresh UUID version 4."""
        return uuid.uuid4()

    def typeable(self, length: int) -> str:
        """Return `length` random characters; 4.3 bits each."""
        drawn = b""
        while len(drawn) < length:
            drawn += os.urandom(length - len(drawn) + 8).translate(_OF_BYTE, _UNFAIR)
        return drawn[:length].decode("ascii")


def with_check_digit(number: int) -> str:
    """A number people copy by hand, closed by a Damm check digit: one wrong or swapped digit is noticed.

    Damm (2004), quasigroup of order 10: catches all single errors and all adjacent transpositions.
    """
    digits = str(number)
    return digits + str(_damm(digits))


def payment_reference(customer_number: str) -> str:
    """What a customer writes on a transfer: `SB10017`. Its last digit checks the others."""
    return f"{PAYMENT_PREFIX}{customer_number}"


def check_digit_is_right(text: str) -> bool:
    """Whether a number made by `with_check_digit` was copied right."""
    return text.isdecimal() and text.isascii() and _damm(text) == 0


_DAMM: Final = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim
