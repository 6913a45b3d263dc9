"""The rails money comes by: which one a phone pays on, and what it is asked for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from core.catalog.taxes import HOME_CURRENCY, MILLION, exchange_on
from core.days import juba_day
from core.errors import NoExchangeRate
from core.money import MINOR_DIGITS, Money
from core.settings import Settings

# rail -> its account in the books
LEDGER_CODES: Final = {"mtn-momo": "momo:mtn", "orange-money": "orange:money"}


@dataclass(frozen=True, slots=True)
class Rail:
    """A way to collect: its name, the platform that is asked, and the currency it takes."""

    name: str
    platform: str
    currency: str


def rail_of(settings: Settings, payer_phone: str) -> Rail | None:
    """The rail a phone of another country pays on; None for one of ours, which pays by MTN MoMo."""
    if payer_phone.startswith("+211") or settings.orange_mode == "off":
        return None
    return Rail("orange-money", settings.orange_base_url or "", settings.orange_currency or HOME_CURRENCY)


def charged_in(connection: Connection, amount: Money, currency: str, now: datetime) -> Money | None:
    """What a payer is asked for in the rail's currency, at today's rate, rounded up; None where it is ours.

    Rounded up to the smallest coin: rounded down, the balance would be credited with more than came.

    Raises:
        NoExchangeRate: no rate is known that is fresh enough.
    """
    if currency == HOME_CURRENCY:
        return None
    exchange = exchange_on(connection, currency, juba_day(now))
    if exchange is None:
        raise NoExchangeRate(currency=currency)
    digits = MINOR_DIGITS[currency] - MINOR_DIGITS[amount.currency]
    numerator = amount.minor * MILLION * 10 ** max(0, digits)
    denominator = exchange.rate_millionths * 10 ** max(0, -digits)
    return Money(-(-numerator // denominator), currency)
