"""Money refuses nonsense and loses nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import AMOUNT_MINOR_MAX, CurrencyMismatchError, Money

AMOUNTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("typed", "minor"), [("1500", 150_000), ("1500.50", 150_050), ("0.01", 1), (700, 70_000), (Decimal(-5), -500)]
)
def test_major_units_become_minor_units_exactly(typed, minor):
    assert Money.of(typed, "SSP") == Money(minor, "SSP")


@pytest.mark.parametrize("typed", ["0.001", "NaN", "Infinity", "1e99"])
def test_what_is_no_amount_of_pounds_is_refused(typed):
    with pytest.raises(ValueError, match=r"digits|amount"):
        Money.of(typed, "SSP")


@pytest.mark.parametrize("minor", [1.0, True, "5", AMOUNT_MINOR_MAX + 1])
def test_an_amount_is_a_whole_number_within_bounds(minor):
    with pytest.raises(ValueError, match="whole number"):
        Money(minor, "SSP")


def test_an_unknown_currency_is_refused():
    with pytest.raises(ValueError, match="currency"):
        Money(1, "XXX")


def test_two_currencies_never_meet_in_a_sum_or_a_comparison():
    pound, dollar = Money(1, "SSP"), Money(1, "USD")
    for meet in (lambda: pound + dollar, lambda: pound - dollar, lambda: pound < dollar, lambda: pound >= dollar):
        with pytest.raises(CurrencyMismatchError):
            meet()


def test_money_is_not_multiplied_by_a_float():
    with pytest.raises(TypeError):
        Money(100, "SSP") * 0.5


@given(whole=AMOUNTS, weights=st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_a_split_loses_nothing_and_is_fair_to_one_unit(whole, weights):
    money = Money(whole, "SSP")
    parts = money.split(weights)
    assert sum(part.minor for part in parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        exact = Decimal(whole) * weight / sum(weights)
        assert abs(Decimal(part.minor) - exact) <= 1
        assert weight or not part


@given(minor=AMOUNTS)
def test_a_share_is_rounded_half_to_even(minor):
    half = Money(minor, "SSP").share_half_even(1, 2).minor
    assert abs(Decimal(half) - Decimal(minor) / 2) <= Decimal("0.5")
    if minor % 2:
        assert half % 2 == 0


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (150_000, "SSP", "SSP 1,500"),
        (150_050, "SSP", "SSP 1,500.50"),
        (-500, "USD", "USD -5"),
        (1500, "UGX", "UGX 1,500"),
    ],
)
def test_money_is_shown_with_its_code_and_no_idle_zeros(minor, currency, text):
    assert str(Money(minor, currency)) == text
