"""The books: what a balance covers, and months."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class InsufficientBalance(Refusal):
    """The balance does not cover it."""

    needed: Money
    have: Money


@refusal
class MonthIsClosed(Refusal):
    """The books of that month are closed."""

    month: str


@refusal
class MonthNotOver(Refusal):
    """Only a month that is over, with those before it closed, can be closed."""

    month: str
