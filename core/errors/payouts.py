"""Money that goes out, and topping up by itself."""

from __future__ import annotations

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
