"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ForeignPhone, InvalidPhone, NotMobile
from core.ids import TYPEABLE, SystemIds, check_digit_is_right, with_check_digit
from core.phones import can_pay_by_momo, national, operator_of, parse_phone

SAME = "+211921234567"


@pytest.mark.parametrize(
    "typed",
    ["0921234567", "921234567", "211921234567", "+211921234567", "00211921234567", "0921 234 567", "0921-234-567",
     "٠٩٢١٢٣٤٥٦٧", "۰۹۲۱۲۳۴۵۶۷", "\u200f0921234567\u200e", " (0921) 234567 "],
)  # fmt: skip
def test_every_usual_way_of_writing_a_number_is_the_same_number(typed):
    assert parse_phone(typed) == SAME


@pytest.mark.parametrize(
    "typed", ["", "abc", "0921", "0941234567", "999", "09212345678901234567", "0921234567;DROP", "📱"]
)
def test_what_cannot_be_a_number_here_is_refused(typed):
    with pytest.raises(InvalidPhone):
        parse_phone(typed)


def test_a_foreign_number_is_told_from_a_wrong_one():
    with pytest.raises(ForeignPhone):
        parse_phone("+254712345678")


def test_a_landline_is_not_a_mobile():
    with pytest.raises(NotMobile):
        parse_phone("0181234567")


@pytest.mark.parametrize(
    ("phone", "operator", "momo"),
    [("+211921234567", "mtn", True), ("+211991234567", "mtn", True), ("+211911234567", "zain", False),
     ("+211981234567", "digitel", False), ("+254712345678", None, False)],
)  # fmt: skip
def test_the_prefix_says_the_operator_and_the_wallet(phone, operator, momo):
    assert (operator_of(phone), can_pay_by_momo(phone)) == (operator, momo)


def test_a_number_is_shown_as_people_here_write_it():
    assert national(SAME) == "0921 234 567"


@given(st.integers(0, 10**12))
def test_a_check_digit_notices_every_wrong_digit_and_every_swap_of_neighbours(number):
    text = with_check_digit(number)
    assert check_digit_is_right(text)
    for index, digit in enumerate(text):
        wrong = text[:index] + str((int(digit) + 1) % 10) + text[index + 1 :]
        assert not check_digit_is_right(wrong)
    for index in range(len(text) - 1):
        if text[index] != text[index + 1]:
            swapped = text[:index] + text[index + 1] + text[index] + text[index + 2 :]
            assert not check_digit_is_right(swapped)


def test_typed_secrets_use_no_letters_that_look_alike():
    assert not set("0o1il2z5s8buvgq6") & set(TYPEABLE)
    assert len({SystemIds().typeable(8) for _ in range(500)}) == 500
