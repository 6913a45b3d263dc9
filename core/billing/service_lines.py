"""What a service is billed for its next days: lines computed from its terms. No I/O; the heart of the billing run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from core.billing.draft import Line
from core.billing.exchange import in_pounds
from core.billing.proration import share_of_bytes, share_of_days
from core.catalog.promotions import PromotionTerms
from core.catalog.tariffs import TariffBook, TariffTerms
from core.catalog.taxes import MILLION, Exchange
from core.days import DAY, Period, period_of
from core.money import Money
from core.subscriptions.schedule import next_bill_day

GIGABYTE: Final = 10**9
# Bytes a service used between two days (the second not included).
Used = Callable[[int, Period], int]


@dataclass(frozen=True, slots=True)
class Days:
    """Days on, under a tariff; open at the end while it goes on."""

    from_day: date
    until_day: date | None
    tariff_id: int


@dataclass(frozen=True, slots=True)
class Due:
    """A service whose next days are to be billed. `ended_on`: its last day, when it has ended."""

    subscription_id: int
    pay: str
    anchor_day: int
    billed_until: date
    ended_on: date | None
    terms: Sequence[Days]
    promotion: PromotionTerms | None = None
    promotion_left: int = 0


@dataclass(frozen=True, slots=True)
class Billed:
    """The lines, for which days, and where the service stands when they are issued."""

    lines: tuple[Line, ...]
    days: Period
    billed_until: date
    next_bill_on: date | None
    promotion_left: int
    due_days: int
    exchange_rate_id: int | None


def bill_service(due: Due, book: TariffBook, exchanges: Mapping[str, Exchange | None], used: Used) -> Billed:
    """The next days of a service: up to the end of the month of service they lie in, or to its last day.

    Days off cost nothing. A price is the version's of the first day a term has in this month, in its currency, cut
    by days, then turned into pounds line by line at the day's rate.

    Raises:
        NoExchangeRate: a price is in another currency and no fresh rate is known.
    """
    whole = period_of(due.billed_until, due.anchor_day)
    days = _span(due, whole)
    lines: list[Line] = []
    due_days, rate_id = 0, None
    for term in due.terms:
        part = days.overlap(term.from_day, term.until_day)
        if part is None:
            continue
        terms = book.version(term.tariff_id, part.first)
        if terms is None:
            raise AssertionError("a tariff that is used has a version")
        exchange = exchanges.get(terms.price.currency)
        of_term = _term_lines(due, terms, exchange, whole, part, used)
        lines += of_term
        due_days = max(due_days, terms.due_days)
        if exchange is not None:
            rate_id = exchange.rate_id
    left = due.promotion_left - (due.promotion_left > 0 and bool(lines))
    return Billed(tuple(lines), days, days.next, _next_bill_on(due, days), left, due_days, rate_id)


def bill_had(
    due: Due, today: date, book: TariffBook, exchanges: Mapping[str, Exchange | None], used: Used
) -> Billed | None:
    """The days that a service was on before today and nobody paid for: its months up to yesterday, on one bill.

    None: there is no such day. They count as no month of a promotion.

    Raises:
        NoExchangeRate: as `bill_service`.
    """
    rest = replace(due, ended_on=today - DAY)
    months: list[Billed] = []
    while rest.billed_until < today:
        month = bill_service(rest, book, exchanges, used)
        months.append(month)
        rest = replace(rest, billed_until=month.billed_until)
    if not months:
        return None
    lines = tuple(line for month in months for line in month.lines)
    days = Period(due.billed_until, today)
    return replace(months[-1], lines=lines, days=days, next_bill_on=None, promotion_left=due.promotion_left)


def _span(due: Due, whole: Period) -> Period:
    end = whole.next if due.ended_on is None else min(whole.next, due.ended_on + DAY)
    return Period(due.billed_until, end)


def _next_bill_on(due: Due, days: Period) -> date | None:
    """When to look again: never after its last day, nor while it is off without an end."""
    following = next_bill_day(due.pay, due.anchor_day, days.next)
    if due.ended_on is not None:
        return min(following, due.ended_on + DAY) if days.next <= due.ended_on else None
    goes_on = any(term.until_day is None or term.until_day > days.next for term in due.terms)
    return following if goes_on else None


def _term_lines(
    due: Due, terms: TariffTerms, exchange: Exchange | None, whole: Period, part: Period, used: Used
) -> list[Line]:
    def line(kind: str, product_class: str, price: Money, facts: dict[str, Any]) -> Line:
        return Line(kind, product_class, in_pounds(price, exchange), facts, due.subscription_id, part)

    facts = _facts(terms, exchange, whole, part)
    price = share_of_days(terms.price, whole, part)
    lines = [line("recurring", terms.product_class, price, facts)] if price else []
    if due.promotion is not None and due.promotion.tariff_id == terms.tariff_id and due.promotion_left > 0:
        off = price.share_half_even(due.promotion.off_millionths, MILLION)
        if off:
            lines.append(line("discount", terms.product_class, -off, facts | promotion_facts(due.promotion)))
    rental = share_of_days(terms.rental, whole, part)
    if rental:
        lines.append(line("rental", "equipment", rental, facts | {"price": terms.rental.minor}))
    if terms.overage is not None and terms.data_bytes is not None and due.pay == "postpaid":
        lines += _overage(due, terms, terms.overage, whole, part, used, line, facts)
    return lines


def promotion_facts(promotion: PromotionTerms) -> dict[str, Any]:
    """What a discount's line keeps of its promotion."""
    return {
        "promotion_en": promotion.name_en,
        "promotion_ar": promotion.name_ar,
        "off_millionths": promotion.off_millionths,
    }


def _overage(
    due: Due,
    terms: TariffTerms,
    price: Money,
    whole: Period,
    part: Period,
    used: Used,
    line: Callable[[str, str, Money, dict[str, Any]], Line],
    facts: dict[str, Any],
) -> list[Line]:
    allowed = share_of_bytes(terms.data_bytes or 0, whole, part)
    used_bytes = used(due.subscription_id, part)
    gigabytes = -(-max(0, used_bytes - allowed) // GIGABYTE)  # each one begun
    if not gigabytes:
        return []
    named = {"used_bytes": used_bytes, "allowed_bytes": allowed, "gigabytes": gigabytes, "price": price.minor}
    return [line("overage", terms.product_class, price * gigabytes, facts | named)]


def _facts(terms: TariffTerms, exchange: Exchange | None, whole: Period, part: Period) -> dict[str, Any]:
    """What explains the line in any language: `17 of 30 days at SSP 45,000`."""
    facts: dict[str, Any] = {
        "tariff_en": terms.name_en,
        "tariff_ar": terms.name_ar,
        "days": part.days,
        "of": whole.days,
        "price": terms.price.minor,
        "currency": terms.price.currency,
    }
    if exchange is not None:
        facts |= {"rate_millionths": exchange.rate_millionths, "rate_day": exchange.day.isoformat()}
    return facts
