"""Which day the billing run looks at a subscription: prepaid as its paid days end, postpaid when its month is over."""

from __future__ import annotations

from datetime import date

from core.days import period_of


def next_bill_day(pay: str, anchor_day: int, billed_until: date) -> date:
    """The day to bill the days from `billed_until` on."""
    return billed_until if pay == "prepaid" else period_of(billed_until, anchor_day).next
