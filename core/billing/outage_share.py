"""What the time of an outage cost a service, by its tariff. Pure: no I/O, the same facts give the same amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.billing.exchange import in_pounds
from core.billing.service_lines import Days
from core.catalog.promotions import PromotionTerms
from core.catalog.tariffs import TariffBook, TariffTerms
from core.catalog.taxes import MILLION, Exchange
from core.days import DAY, Period, juba_day, period_of, start_of_day
from core.money import Money

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Charged:
    """A service by the days it was on. `free`: days of these that it had for nothing, or had lapsed on.

    The last month that was billed is one of its promotion's with `off_billed`, the one to be billed with `off_next`.
    """

    anchor_day: int
    terms: Sequence[Days]
    free: Sequence[Period] = ()
    promotion: PromotionTerms | None = None
    billed_until: date | None = None
    off_billed: bool = False
    off_next: bool = False

    def price(self, version: TariffTerms, month: Period) -> Money:
        """What a month of service costs: less its promotion, where this is a month of it."""
        billed = self.billed_until is not None and month.next <= self.billed_until
        is_off = self.off_billed if billed else self.off_next
        if self.promotion is None or not is_off or self.promotion.tariff_id != version.tariff_id:
            return version.price
        return version.price - version.price.share_half_even(self.promotion.off_millionths, MILLION)


@dataclass(frozen=True, slots=True)
class Share:
    """Seconds of an outage that cost something, in a month of service of so many seconds at a price before taxes."""

    seconds: int
    month_s: int
    product_class: str
    month_price: Money

    def in_pounds(self, exchange: Exchange | None) -> Money:
        """What these seconds cost. The price is turned into pounds before it is shared: cents are too coarse.

        Raises:
            NoExchangeRate: it is in another currency and no rate is known.
        """
        return in_pounds(self.month_price, exchange).share_half_even(self.seconds, self.month_s)


def outage_shares(begins: datetime, ends: datetime, charged: Charged, book: TariffBook) -> list[Share]:
    """The parts of an outage, one for each month of service and tariff it touches.

    A month costs its tariff's price, less its promotion, whatever its length, and each second of it the same. Days off
    and days had for nothing cost nothing, so nothing is given back for them.
    """
    seconds: dict[tuple[TariffTerms, Period], int] = {}
    for day, part_s in _days(begins, ends):
        term = next((one for one in charged.terms if _within(day, one.from_day, one.until_day)), None)
        if term is None or any(_within(day, free.first, free.next) for free in charged.free):
            continue
        whole = period_of(day, charged.anchor_day)
        version = book.version(term.tariff_id, max(whole.first, term.from_day))
        if version is None:
            raise AssertionError("a tariff that is used has a version")
        seconds[version, whole] = seconds.get((version, whole), 0) + part_s
    return [
        Share(part_s, whole.days * _DAY_S, version.product_class, charged.price(version, whole))
        for (version, whole), part_s in seconds.items()
    ]


def _days(begins: datetime, ends: datetime) -> Iterator[tuple[date, int]]:
    """Each day of Juba that a time touches, and how many seconds of it."""
    day = juba_day(begins)
    while start_of_day(day) < ends:
        lasts = min(ends, start_of_day(day + DAY)) - max(begins, start_of_day(day))
        if lasts >= timedelta(seconds=1):
            yield day, int(lasts.total_seconds())
        day += DAY


def _within(day: date, first: date, until: date | None) -> bool:
    return first <= day and (until is None or day < until)
