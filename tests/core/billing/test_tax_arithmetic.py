"""Taxes in prices and on top, on each other, and not paid by the exempt: as a bookkeeper computes them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.tax_rule import assess
from core.catalog.taxes import MILLION, TaxTerms
from core.money import Money

IN, ON_TOP, COMPOUND = {"inclusive": True}, {}, {"compound": True}
IN_COMPOUND = IN | COMPOUND


def tax(number, percent, *, inclusive=False, compound=False):
    return TaxTerms(number, f"T{number}", "T", "T", "telecom", percent * 10_000, inclusive, compound)


def taxes(*terms):
    return [tax(number, percent, **how) for number, (percent, how) in enumerate(terms, 1)]


@pytest.mark.parametrize(
    ("rates", "exempt_of", "price", "net", "expected", "total"),
    [
        (taxes((20, IN), (10, IN_COMPOUND)), "", 13_200, 10_000, [(10_000, 2_000), (12_000, 1_200)], 13_200),
        (taxes((20, IN), (10, IN_COMPOUND)), "1", 13_000, 10_000, [(10_000, 2_000), (10_000, 1_000)], 11_000),
        (taxes((20, IN), (10, IN_COMPOUND)), "2", 13_200, 10_000, [(10_000, 2_000), (12_000, 1_200)], 12_000),
        (taxes((20, IN), (10, IN_COMPOUND)), "12", 13_000, 10_000, [(10_000, 2_000), (10_000, 1_000)], 10_000),
        (taxes((10, ON_TOP), (20, IN_COMPOUND)), "", 12_200, 10_000, [(10_000, 1_000), (11_000, 2_200)], 13_200),
        (taxes((10, ON_TOP), (20, IN_COMPOUND)), "1", 12_000, 10_000, [(10_000, 1_000), (10_000, 2_000)], 12_000),
        (taxes((10, IN), (20, COMPOUND)), "", 11_000, 10_000, [(10_000, 1_000), (11_000, 2_200)], 13_200),
        (taxes((10, IN), (20, COMPOUND)), "1", 11_000, 10_000, [(10_000, 1_000), (10_000, 2_000)], 12_000),
        (taxes((20, IN_COMPOUND), (10, IN)), "1", 13_000, 10_000, [(10_000, 2_000), (10_000, 1_000)], 11_000),
        (taxes((20, IN), (5, ON_TOP)), "1", 12_000, 10_000, [(10_000, 2_000), (10_000, 500)], 10_500),
    ],
)
def test_a_price_is_the_net_amount_and_the_taxes_it_holds(rates, exempt_of, price, net, expected, total):
    papers = {int(number): "EX" for number in exempt_of}
    for sign in (1, -1):
        found = assess({"telecom": Money(sign * price, "SSP")}, rates, papers, 1)
        assert found.net.minor == sign * net
        assert [(one.base.minor, one.amount.minor) for one in found.taxes] == [
            (sign * b, sign * a) for b, a in expected
        ]
        assert found.total.minor == sign * total


def rates_up_to(percent):
    """Up to four taxes, each of its own number."""
    one = st.builds(
        tax, st.just(0), st.integers(0, percent), inclusive=st.booleans(), compound=st.booleans()
    )  # fmt: skip
    return st.lists(one, max_size=4).map(
        lambda found: [replace(t, tax_id=n, code=f"T{n}") for n, t in enumerate(found)]
    )


PRICES = st.one_of(st.integers(1, 100), st.integers(1, 10**11))
EXEMPTIONS = st.sets(st.integers(0, 3)).map(lambda ids: dict.fromkeys(ids, "EX"))


def assessed(price, rates, papers, step=1):
    return assess({"telecom": Money(price, "SSP")}, rates, papers, step)


@given(PRICES, rates_up_to(100), EXEMPTIONS, st.sampled_from([1, 100, 500]))
def test_the_parts_come_to_the_total_and_to_the_price(price, rates, papers, step):
    found = assessed(price, rates, papers, step)
    assert found.net.minor + sum(one.payable.minor for one in found.taxes) + found.rounding.minor == found.total.minor
    assert found.net.minor + sum(one.amount.minor for one in found.taxes if one.terms.inclusive) == price
    assert all(one.amount.minor >= 0 for one in found.taxes)


@given(PRICES, rates_up_to(30), EXEMPTIONS)
def test_each_tax_is_its_rate_of_its_base(price, rates, papers):
    found = assessed(price, rates, papers)
    last = max((n for n, one in enumerate(found.taxes) if one.terms.inclusive), default=None)
    for number, one in enumerate(found.taxes):
        before = [other.payable for other in found.taxes[:number]] if one.terms.compound else []
        assert one.base == sum(before, found.net)
        off = abs((one.amount - one.base.share_half_even(one.terms.rate_millionths, MILLION)).minor)
        assert off <= (len(found.taxes) if number == last else 0)


@given(PRICES, rates_up_to(100), EXEMPTIONS)
def test_who_is_exempt_never_pays_more(price, rates, papers):
    assert assessed(price, rates, papers).total <= assessed(price, rates, {}).total


@given(PRICES, PRICES, rates_up_to(100), EXEMPTIONS, st.sampled_from([1, 100, 500]))
def test_what_is_taken_off_is_taxed_as_what_was_charged(price, other, rates, papers, step):
    def of(sign):
        return assess(
            {"telecom": Money(sign * price, "SSP"), "equipment": Money(-sign * other, "SSP")}, rates, papers, step
        )

    charged, back = of(1), of(-1)
    assert (back.net, back.tax, back.rounding, back.total) == (
        -charged.net,
        -charged.tax,
        -charged.rounding,
        -charged.total,
    )
    assert [(-one.base, -one.amount) for one in back.taxes] == [(one.base, one.amount) for one in charged.taxes]
