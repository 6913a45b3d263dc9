"""How what is owed is split into parts, and when each is due. Pure: a screen shows what a plan will hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.money import MINOR_DIGITS, Money

PARTS_LEAST: Final = 2
PARTS_MOST: Final = 6
FIRST_AFTER: Final = timedelta(days=7)
EVERY: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment: by this day, together with those before it, so much must have been paid."""

    due_on: date
    amount: Money


def instalments(total: Money, parts: int, today: date) -> Sequence[Part]:
    """The parts of what is owed today: the first is due after `FIRST_AFTER`, then one `EVERY` 30 days."""
    first = today + FIRST_AFTER
    return tuple(Part(first + number * EVERY, amount) for number, amount in enumerate(equal_parts(total, parts)))


def equal_parts(total: Money, parts: int) -> list[Money]:
    """Equal parts in whole pounds; the last takes what that leaves. Under a pound each, to the piaster."""
    shares = total.split([1] * parts)
    pound = 10 ** MINOR_DIGITS[total.currency]
    whole = [Money(share.minor - share.minor % pound, share.currency) for share in shares[:-1]]
    if not all(whole):
        return shares
    return [*whole, total - sum(whole, Money(0, total.currency))]
