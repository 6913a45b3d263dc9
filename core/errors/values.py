"""What was typed is not what it should be: phones, amounts, names, days, files."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class InvalidPhone(Refusal):
    """Not a phone number of South Sudan that can exist."""

    typed: str


@refusal
class ForeignPhone(Refusal):
    """A real number, but of another country."""

    phone: str


@refusal
class NotMobile(Refusal):
    """A landline or short number where a mobile is needed."""

    phone: str


@refusal
class InvalidAmount(Refusal):
    """Not a whole amount of pounds that can be meant."""

    typed: str


@refusal
class AmountOutOfRange(Refusal):
    """An amount below the smallest or above the largest allowed."""

    least: Money
    most: Money


@refusal
class InvalidName(Refusal):
    """Empty, too long, or made of things no name is made of."""

    typed: str


@refusal
class InvalidDay(Refusal):
    """Not a day of the calendar, or one that cannot be meant here."""

    typed: str


@refusal
class FileRefused(Refusal):
    """A file that is too large, empty, or not of a kind that can be kept or read."""

    megabytes_max: int
