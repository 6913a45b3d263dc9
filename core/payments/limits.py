"""The limits of payments, with their units."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core.money import Money

MOMO_LEAST: Final = Money(100_00, "SSP")
MOMO_MOST: Final = Money(5_000_000_00, "SSP")
CASH_LEAST: Final = Money(1_00, "SSP")
CASH_MOST: Final = Money(10_000_000_00, "SSP")
# A prompt lives 5 minutes at MTN (developer portal); a second one for the same thing within it is a slip, not a wish.
WAITS_FOR_APPROVAL: Final = timedelta(minutes=6)
# No prompt is sent later than this after it was wished for: by then they have put the phone away, or paid otherwise.
REQUEST_NOT_AFTER: Final = timedelta(minutes=5)
AUTO_BELOW_POUNDS: Final = 500  # a balance below it is topped up, where the customer agreed
AUTO_TIMES_A_MONTH: Final = 4
PROMPTS_PER_PHONE_MAX: Final = 2  # waiting on one payer's phone at a time, whoever asked for them
PAYMENTS_PER_CUSTOMER_MAX: Final = 30  # begun within PAYMENTS_COUNTED_OVER
PAYMENTS_COUNTED_OVER: Final = timedelta(hours=1)
