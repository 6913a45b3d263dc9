"""Amounts as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidAmount
from core.money import Money
from flows.amounts import parse_amount
from flows.engine import step
from flows.session import Session
from tests.flows.cast import facts_of


@pytest.mark.parametrize(
    ("typed", "pounds"),
    [
        ("500", 500),
        (" 500 ", 500),
        ("0500", 500),
        ("٥٠٠", 500),
        ("۵۰۰", 500),
        ("5,000", 5_000),
        ("5 000", 5_000),
        ("٥٬٠٠٠", 5_000),
        ("1,234,567", 1_234_567),
        ("SSP 500", 500),
        ("500SSP", 500),
        ("500 ssp", 500),
        ("٥٠٠ جنيه", 500),
        ("500 gineeh", 500),
    ],
)
def test_a_whole_amount_is_read(typed, pounds):
    assert parse_amount(typed) == Money.of(pounds, "SSP")


NO_AMOUNT = (
    "-5 +5 1e99 5.000 5.00 ٥٫٠٠٠ 5,00 50,00 5,0000 ,500 500, 1,,000 5,000,00 five 😀 * $500 5-000 1/2 ∞ ² 9999999999999"
)


@pytest.mark.parametrize("typed", ["", " ", "500 USD", "5 00", "5\n000", *NO_AMOUNT.split()])
def test_what_could_mean_two_amounts_or_none_is_refused(typed):
    with pytest.raises(InvalidAmount):
        parse_amount(typed)


def test_a_flood_of_digits_is_refused_and_not_kept():
    with pytest.raises(InvalidAmount) as refused:
        parse_amount("5" * 50_000)
    assert len(refused.value.typed) <= 20


@given(st.integers(1, 999_999_999_999))
def test_every_whole_amount_is_read_back_from_how_it_is_written(pounds):
    amount = Money.of(pounds, "SSP")
    assert parse_amount(str(amount)) == parse_amount(str(pounds)) == amount


@given(st.text(max_size=40))
def test_anything_typed_is_an_amount_not_below_zero_or_a_refusal(typed):
    try:
        amount = parse_amount(typed)
    except InvalidAmount:
        return
    assert amount >= Money(0, "SSP")


@pytest.mark.parametrize("typed", ["\u200f٥٠٠", "\u202a500\u202c", "500\u200e"])
def test_marks_of_direction_around_an_amount_are_not_seen(typed):
    turn = step(Session("top_up.amount"), typed, facts_of())
    assert turn.session.data["amount"] == Money.of(500, "SSP").minor


@pytest.mark.parametrize("typed", ["-5", "1e99", "5.000", "1", "98", "99", "5000001", "", "😀", "*"])
def test_a_wrong_amount_gets_one_sentence_and_asks_for_nothing(typed):
    for tongue in ("en", "ar", "ar_Latn"):
        turn = step(Session("top_up.amount"), typed, facts_of(tongue=tongue))
        assert turn.session.state == "top_up.amount"
        assert turn.commands == ()
        assert len(turn.screen.text.splitlines()) == 3, "the sentence, the question, the way back"


@pytest.mark.parametrize("typed", ["0", "00", "٠"])
def test_nothing_is_an_amount_and_the_bounds_refuse_it(typed):
    assert parse_amount(typed) == Money(0, "SSP")


@pytest.mark.parametrize("typed", ["999,999,999,999,999", "999 999 999 999 999", "999999999999999"])
def test_an_amount_beyond_all_bounds_is_refused_not_an_error(typed):
    with pytest.raises(InvalidAmount):
        parse_amount(typed)
