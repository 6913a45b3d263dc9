"""Money that goes out, and topping up by itself."""

from __future__ import annotations

from datetime import date

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class RefundTooLarge(Refusal):
    """More than came, less what was given back already."""

    most: Money


@refusal
class PayeeNotActive(Refusal):
    """The provider says that this phone has no wallet that takes money."""

    phone: str


@refusal
class AutoTopUpStands(Refusal):
    """The balance is topped up by itself already: one consent ends before another begins."""


@refusal
class PayoutOnItsWay(Refusal):
    """A payout to this owner has not ended yet: another follows once it is known how it did."""

    amount: Money


@refusal
class BalanceTooSmall(Refusal):
    """What is there is less than is worth a transfer."""

    have: Money
    least: Money


@refusal
class NewNumberLater(Refusal):
    """The MoMo number that was confirmed last gets money from this day on."""

    day: date
