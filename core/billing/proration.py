"""Prices by the day. Parts of one month at one price come to that price exactly, however it is cut."""

from __future__ import annotations

from core.days import Period
from core.money import Money


def share_of_days(price: Money, whole: Period, part: Period) -> Money:
    """What a part of a period costs, to the minor unit.

    The price of the days up to the end of the part, less that of the days before it, each rounded half to even:
    so two halves of a month never cost a piaster more or less than the month.
    """
    before = (part.first - whole.first).days
    through = (part.next - whole.first).days
    if not 0 <= before < through <= whole.days:
        raise AssertionError("a part lies within its period")
    return price.share_half_even(through, whole.days) - price.share_half_even(before, whole.days)


def share_of_bytes(allowance: int, whole: Period, part: Period) -> int:
    """How much of a month's data belongs to a part of it, in bytes; cut the same way."""
    before = (part.first - whole.first).days
    through = (part.next - whole.first).days
    return allowance * through // whole.days - allowance * before // whole.days
