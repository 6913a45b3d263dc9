"""Days, amounts and figures as staff type them."""

from datetime import date
from decimal import Decimal

import pytest

from admin.figures import bytes_of, day_of, decimal_of, gigabytes, plain, price_of, whole_of
from core.errors import InvalidAmount, InvalidDay, NotPossibleNow
from core.money import Money


def test_days_are_taken_as_a_browser_sends_them_and_in_arabic_digits():
    assert day_of("2026-11-30") == day_of(" ٢٠٢٦-١١-٣٠ ") == day_of("2026-11-30 ") == date(2026, 11, 30)
    assert day_of("2026-2-3") == date(2026, 2, 3)
    assert day_of("") is None
    for typed in ("30/11/2026", "2026-02-29", "2026-13-01", "0000-01-01", "tomorrow", "2026-11-30T00:00", "-"):
        with pytest.raises(InvalidDay):
            day_of(typed)


def test_figures_may_have_a_fraction_and_groups_and_nothing_else():
    assert decimal_of("4,512.5") == decimal_of("٤٬٥١٢٫٥") == decimal_of("4512.50") == Decimal("4512.5")
    for typed in ("", "x", "-1", "+1", "1e3", "NaN", "Infinity", "1,23", "1.2.3", "1_000", "9" * 30):
        assert decimal_of(typed).is_nan(), typed


def test_whole_numbers_are_whole():
    assert whole_of("5,000", "x") == whole_of("٥٠٠٠", "x") == 5_000
    assert whole_of(" ", "x") is None
    for typed in ("5.0", "-5", "1e3", "five", "9" * 13):
        with pytest.raises(NotPossibleNow):
            whole_of(typed, "x")


def test_pounds_are_whole_and_dollars_have_cents():
    assert price_of("45,000", "SSP") == Money.of(45_000, "SSP")
    assert price_of("99.5", "USD") == price_of("99.50", "USD") == Money.of("99.50", "USD")
    assert price_of("", "USD") is None
    for typed, currency in (("99.5", "SSP"), ("5.000", "USD"), ("5.000", "SSP"), ("-5", "USD"), ("x", "USD")):
        with pytest.raises(InvalidAmount):
            price_of(typed, currency)


def test_data_is_typed_in_gigabytes_and_shown_as_it_is_typed():
    assert bytes_of("50") == 50 * 10**9
    assert gigabytes(bytes_of("0.5")) == "0.5"
    assert gigabytes(bytes_of("1000")) == "1000"
    assert gigabytes(bytes_of("")) == ""
    assert plain(Decimal("45000.00")) == "45000"
    for typed in ("lots", "0.0000000001"):
        with pytest.raises(NotPossibleNow):
            bytes_of(typed)
