"""The rules of billing under any numbers: parts come to the whole, taxes to the price, totals to the step."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.exchange import in_pounds
from core.billing.proration import share_of_bytes, share_of_days
from core.billing.tax_rule import assess
from core.catalog.taxes import Exchange, TaxTerms
from core.days import Period, period_of
from core.errors import NoExchangeRate
from core.money import Money

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
AMOUNTS = st.integers(1, 10**11)


@given(DAYS, st.integers(1, 31))
def test_every_day_lies_in_one_month_of_service_and_months_follow_without_a_gap(day, anchor):
    period = period_of(day, anchor)
    assert period.first <= day < period.next
    assert period_of(period.next, anchor).first == period.next
    assert period_of(period.first, anchor) == period
    assert 28 <= period.days <= 31


@given(DAYS, st.integers(1, 31), AMOUNTS, st.lists(st.integers(1, 30), max_size=6))
def test_a_month_cut_into_parts_costs_the_month(day, anchor, minor, cuts):
    whole = period_of(day, anchor)
    edges = sorted({whole.first, whole.next, *(whole.first + timedelta(min(cut, whole.days - 1)) for cut in cuts)})
    parts = [Period(first, following) for first, following in itertools.pairwise(edges)]
    price = Money(minor, "SSP")
    assert sum((share_of_days(price, whole, part) for part in parts), Money(0, "SSP")) == price
    assert sum(share_of_bytes(minor, whole, part) for part in parts) == minor


RATES = st.lists(
    st.builds(
        TaxTerms,
        tax_id=st.integers(1, 4),
        code=st.just("T"),
        name_en=st.just("T"),
        name_ar=st.just("T"),
        product_class=st.sampled_from(["telecom", "equipment"]),
        rate_millionths=st.integers(0, 1_000_000),
        inclusive=st.booleans(),
        compound=st.booleans(),
    ),
    max_size=4,
)
CLASSES = st.dictionaries(st.sampled_from(["telecom", "equipment", "deposit"]), AMOUNTS, min_size=1)
STEPS = st.sampled_from([1, 100, 500, 1_000, 10_000])


@given(CLASSES, RATES, STEPS)
def test_totals_are_the_sum_of_their_parts_and_rounded_to_the_step(amounts, rates, step):
    totals = assess({name: Money(minor, "SSP") for name, minor in amounts.items()}, rates, {}, step)
    assert totals.total == totals.net + totals.tax + totals.rounding
    assert totals.total.minor % step == 0
    assert abs(totals.rounding.minor) * 2 <= step
    held = sum(one.amount.minor for one in totals.taxes if one.terms.inclusive)
    assert totals.net.minor + held == sum(amounts.values())  # what a price held is neither lost nor found


@given(CLASSES, RATES)
def test_who_is_exempt_of_everything_pays_the_net_amount(amounts, rates):
    exempt = dict.fromkeys((rate.tax_id for rate in rates), "paper")
    totals = assess({name: Money(minor, "SSP") for name, minor in amounts.items()}, rates, exempt, 1)
    assert totals.total == totals.net
    assert {one.exemption for one in totals.taxes} <= {"paper"}


def tax(rate_percent, *, inclusive=False, compound=False, tax_id=1):
    return TaxTerms(tax_id, f"T{tax_id}", "T", "T", "telecom", rate_percent * 10_000, inclusive, compound)


@pytest.mark.parametrize(
    ("rates", "net", "taxes", "total"),
    [
        ([tax(20)], 100_000, [20_000], 120_000),
        ([tax(20, inclusive=True)], 83_333, [16_667], 100_000),
        ([tax(20), tax(5, tax_id=2)], 100_000, [20_000, 5_000], 125_000),
        ([tax(20), tax(5, tax_id=2, compound=True)], 100_000, [20_000, 6_000], 126_000),
        ([tax(20, inclusive=True), tax(5, tax_id=2)], 83_333, [16_667, 4_167], 104_167),
        ([tax(20, inclusive=True), tax(5, tax_id=2, inclusive=True, compound=True)], 79_365, [15_873, 4_762], 100_000),
    ],
)
def test_taxes_as_an_accountant_computes_them(rates, net, taxes, total):
    totals = assess({"telecom": Money(100_000, "SSP")}, rates, {}, 1)
    assert (totals.net.minor, [one.amount.minor for one in totals.taxes], totals.total.minor) == (net, taxes, total)


def test_a_price_in_dollars_is_turned_by_the_days_rate_half_to_even():
    exchange = Exchange(1, date(2026, 11, 30), 4_500_505_000, "Bank of South Sudan")
    assert in_pounds(Money.of(100, "USD"), exchange) == Money.of("450050.50", "SSP")
    assert in_pounds(Money.of("0.01", "USD"), exchange) == Money.of("45.01", "SSP")
    with pytest.raises(NoExchangeRate):
        in_pounds(Money.of(1, "USD"), None)
