"""Percentages as people write them, shares as they are kept: 15 % is 150,000 millionths."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.errors import ShareOutOfRange

_SMALLEST: Final = Decimal("0.0001")  # percent: one millionth
_PERCENT_MAX: Final = Decimal(100)
_MILLIONTHS_PER_PERCENT: Final = 10_000


def share_of(percent: Decimal) -> int:
    """A percentage from 0 to 100, with at most four digits after the point, in millionths.

    Raises:
        ShareOutOfRange: anything else.
    """
    # Compared, never rounded: a percentage of five digits is a slip, and quantize alone would hide it.
    if not percent.is_finite() or not 0 <= percent <= _PERCENT_MAX or percent != percent.quantize(_SMALLEST):
        raise ShareOutOfRange(typed=str(percent)[:40])
    return int(percent * _MILLIONTHS_PER_PERCENT)
