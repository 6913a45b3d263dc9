"""A code is read as it was printed, however it is typed."""

from __future__ import annotations

import math
import string
from collections import Counter

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from core.ids import TYPEABLE, SystemIds
from core.sealing import CodeSeal, SealBrokenError
from core.tokens.typed_code import CODE_CHARS, code_printed, code_typed, credentials_of

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
CODES = st.text(TYPEABLE, min_size=CODE_CHARS, max_size=CODE_CHARS)
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
WIDE = str.maketrans(string.ascii_lowercase, "".join(chr(0xFF41 + n) for n in range(26)))
BETWEEN = st.lists(st.sampled_from([" ", "-", ".", "\u200f", "\u00a0", "\t"]), max_size=3).map("".join)


@given(CODES, st.data())
def test_a_code_typed_in_any_spelling_is_the_one_that_was_printed(code, data):
    digits = data.draw(st.sampled_from([{}, EASTERN, PERSIAN]))
    letters = data.draw(st.sampled_from([{}, WIDE]))
    spelled = ""
    for one in code:
        typed = one.upper() if data.draw(st.booleans()) else one.translate(letters)
        if one == "9" and data.draw(st.booleans()):
            typed = data.draw(st.sampled_from("gqGQ"))
        spelled += typed.translate(digits) + data.draw(BETWEEN)
    assert code_typed(spelled) == code


@given(CODES)
def test_what_is_printed_is_read_back(code):
    assert code_typed(code_printed(code)) == code
    assert "".join(credentials_of(code)) == code


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_whole_code_or_none(typed):
    code = code_typed(typed)
    assert code is None or (len(code) == CODE_CHARS and set(code) <= set(TYPEABLE) and code_typed(code) == code)


@pytest.mark.parametrize("typed", ["", "acdf", "acdf-hjk3-7wxy-rt3", "acdfhjk37wxyr0", "a" * 101, "acdfhjk37wxyr!"])
def test_what_is_no_code_is_none(typed):
    assert code_typed(typed) is None


def test_nothing_in_a_code_can_be_taken_for_another():
    for alike in ("0o", "1li", "2z", "5s", "8b", "uv", "6g", "9gq"):
        assert len(set(alike) & set(TYPEABLE)) <= 1
    assert CODE_CHARS * math.log2(len(TYPEABLE)) >= 60


def test_every_character_comes_as_often_as_another():
    counted = Counter(SystemIds().typeable(200_000))
    assert set(counted) == set(TYPEABLE)
    # 10,000 each; the deviation is about 97: six of them, for all twenty, is one run in ten million.
    assert all(abs(times - 10_000) < 600 for times in counted.values())


@given(CODES, st.integers(0, 10**9))
def test_a_sealed_code_opens_in_its_own_place_only_and_is_found_after_the_keys_changed(code, serial):
    before, after = CodeSeal([OLD]), CodeSeal([NEW, OLD])
    sealed = before.seal(code, place=f"1:{serial}")
    assert code.encode() not in sealed
    assert after.open(sealed, place=f"1:{serial}") == code
    assert before.lookup(code) in after.lookups(code)
    assert after.lookup(code) not in before.lookups(code)
    for opener, place in ((before, f"2:{serial}"), (CodeSeal([NEW]), f"1:{serial}")):
        with pytest.raises(SealBrokenError):
            opener.open(sealed, place=place)
