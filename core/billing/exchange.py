"""A price in another currency in pounds, at a day's rate."""

from __future__ import annotations

from typing import Any

from core.catalog.taxes import HOME_CURRENCY, MILLION, Exchange
from core.errors import NoExchangeRate
from core.money import MINOR_DIGITS, Money


def in_pounds(amount: Money, exchange: Exchange | None) -> Money:
    """The amount in SSP, to the piaster, half to even. Each line is turned by itself, so that lines can be checked.

    Raises:
        NoExchangeRate: the amount is in another currency and no fresh rate is known.
    """
    if amount.currency == HOME_CURRENCY:
        return amount
    if exchange is None:
        raise NoExchangeRate(currency=amount.currency)
    digits = MINOR_DIGITS[HOME_CURRENCY] - MINOR_DIGITS[amount.currency]
    numerator = exchange.rate_millionths * 10 ** max(0, digits)
    denominator = MILLION * 10 ** max(0, -digits)
    return Money(amount.minor, HOME_CURRENCY).share_half_even(numerator, denominator)


def rate_facts(exchange: Exchange) -> dict[str, Any]:
    """What a line keeps of the rate that made pounds of it; by `rate_id` its document freezes it."""
    return {
        "rate_id": exchange.rate_id,
        "rate_millionths": exchange.rate_millionths,
        "rate_day": exchange.day.isoformat(),
    }
