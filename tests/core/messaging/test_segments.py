"""Segments are counted as networks count them, and no text costs double by accident."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messaging.segments import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    PART_UNITS_MAX,
    SINGLE_UNITS_MAX,
    Measured,
    measure,
    substitute,
)

SEEN = "س"  # the Arabic letter
SMILE = "\U0001f600"  # two UTF-16 code units

GSM_TEXT = st.text(alphabet=sorted(GSM7_BASIC | GSM7_EXTENSION), max_size=500)
ARABIC = "سلامالمعركبتث ٠١٢٣٤٥٦٧٨٩\u0640\u064e\u0650\u0651"
ANY_TEXT = st.text(max_size=400)
ACCIDENTS = st.text(alphabet="abc XYZ1.“”‘’–—…\u00a0\t\u200f\u200ečéñçôœŁɛ\u0308ﬁ½", max_size=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Measured("gsm7", 0, 1)),
        ("a" * 160, Measured("gsm7", 160, 1)),
        ("a" * 161, Measured("gsm7", 161, 2)),
        ("a" * 306, Measured("gsm7", 306, 2)),
        ("a" * 307, Measured("gsm7", 307, 3)),
        ("€" * 80, Measured("gsm7", 160, 1)),
        ("€" * 81, Measured("gsm7", 162, 2)),
        ("a" * 158 + "€", Measured("gsm7", 160, 1)),
        ("a" * 159 + "€", Measured("gsm7", 161, 2)),
        # ESC may not end a part: 152 + € leaves one septet empty in each part.
        ("a" * 152 + "€" + "a" * 151, Measured("gsm7", 305, 2)),
        ("a" * 152 + "€" + "a" * 152, Measured("gsm7", 306, 3)),
        ("€" * 153, Measured("gsm7", 306, 3)),
        (SEEN * 70, Measured("ucs2", 70, 1)),
        (SEEN * 71, Measured("ucs2", 71, 2)),
        (SEEN * 134, Measured("ucs2", 134, 2)),
        (SEEN * 135, Measured("ucs2", 135, 3)),
        (SMILE * 35, Measured("ucs2", 70, 1)),
        (SMILE * 36, Measured("ucs2", 72, 2)),
        # A surrogate pair may not be cut: 66 + pair leaves one unit empty.
        (SEEN * 66 + SMILE + SEEN * 65, Measured("ucs2", 133, 2)),
        (SEEN * 66 + SMILE + SEEN * 66, Measured("ucs2", 134, 3)),
        ("a" * 69 + "’", Measured("ucs2", 70, 1)),
        ("a" * 70 + "’", Measured("ucs2", 71, 2)),
        ("^{}\\[~]|€\f", Measured("gsm7", 20, 1)),
        ("\x1b", Measured("ucs2", 1, 1)),  # ESC itself is no character
        ("ç", Measured("ucs2", 1, 1)),  # only the capital is in the alphabet
        ("Ç", Measured("gsm7", 1, 1)),
        ("ΓΔΘΛΞΠΣΦΨΩ", Measured("gsm7", 10, 1)),
    ],
)
def test_boundaries_are_where_the_networks_have_them(text: str, expected: Measured) -> None:
    assert measure(text) == expected


def test_the_alphabet_has_exactly_its_127_characters_and_ten_more() -> None:
    assert len(GSM7_BASIC) == 127
    assert len(GSM7_EXTENSION) == 10
    assert not GSM7_BASIC & GSM7_EXTENSION


@given(GSM_TEXT)
def test_plain_text_never_travels_as_ucs2(text: str) -> None:
    measured = measure(text)
    assert measured.encoding == "gsm7"
    assert measured.units == len(text) + sum(text.count(character) for character in GSM7_EXTENSION)


@given(ANY_TEXT)
def test_segments_are_enough_and_never_wasteful(text: str) -> None:
    measured = measure(text)
    single, part = SINGLE_UNITS_MAX[measured.encoding], PART_UNITS_MAX[measured.encoding]
    if measured.units <= single:
        assert measured.segments == 1
        return
    fewest = -(-measured.units // part)
    most = -(-measured.units // (part - 1))  # at worst one unit stays empty in each part
    assert fewest <= measured.segments <= most


@given(ANY_TEXT)
def test_ucs2_units_are_utf16_code_units(text: str) -> None:
    measured = measure(text)
    if measured.encoding == "ucs2":
        assert measured.units == len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(ANY_TEXT, ANY_TEXT)
def test_a_longer_text_is_never_cheaper_in_the_same_alphabet(first: str, second: str) -> None:
    whole, part = measure(first + second), measure(first)
    if whole.encoding == part.encoding:
        assert whole.segments >= part.segments


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("“Hello” – it’s Deng’s…", "\"Hello\" - it's Deng's..."),
        ("a\u00a0b\tc\u2009d", "a b c d"),
        ("\u200fcode: 4471\u200e", "code: 4471"),
        ("garçon, naïve, Zoë, São", "garcon, naive, Zoe, Sao"),
        ("caf\u0065\u0301", "café"),  # é is in the alphabet, once composed
        ("ɛ̈ɔ̈ŋ", "eon"),
        ("ﬁne ½ Łódź", "fine 1/2 Lodz"),
        ("1\u2028 2", "1\n 2"),
        ("`x`", "'x'"),
        ("é à ö Ñ €", "é à ö Ñ €"),
    ],
)
def test_what_forces_ucs2_by_accident_is_made_plain(written: str, sent: str) -> None:
    assert substitute(written) == sent
    assert measure(sent).encoding == "gsm7"


def test_one_curly_quote_no_longer_doubles_the_price() -> None:
    text = "Don’t share this code. " * 6
    assert measure(text).segments == 3
    assert measure(substitute(text)).segments == 1


def test_arabic_stays_as_written_without_the_marks_of_direction() -> None:
    assert substitute("\u200fمرحبا “أشول” – الرصيد…\u200e") == "مرحبا “أشول” – الرصيد…"
    assert substitute("مـــرحبا كَتَبَ") == "مـــرحبا كَتَبَ"  # tatweel and harakat are the writer's
    assert substitute("\u2066*384*77#\u2069 رمز") == "*384*77# رمز"
    assert substitute("می\u200cخواهم") == "می\u200cخواهم"  # a joiner inside a word is spelling


def test_an_emoji_stays_and_so_does_everything_beside_it() -> None:
    family = "👨\u200d👩\u200d👧"
    assert substitute(f"“ok” {family}") == f"“ok” {family}"


def test_a_text_of_dots_is_not_made_dearer_by_spelling_them_out() -> None:
    assert substitute("…" * 70) == "…" * 70
    assert substitute("…" * 53) == "..." * 53


@given(st.one_of(ANY_TEXT, ACCIDENTS, GSM_TEXT))
def test_substitution_never_costs_more_and_done_twice_is_done_once(text: str) -> None:
    sent = substitute(text)
    assert measure(sent).segments <= measure(text).segments
    assert substitute(sent) == sent


@given(GSM_TEXT)
def test_plain_text_is_sent_as_written(text: str) -> None:
    assert substitute(text) == text


@given(ACCIDENTS)
def test_accidents_always_end_in_the_cheap_alphabet_unless_that_is_dearer(text: str) -> None:
    sent = substitute(text)
    assert measure(sent).encoding == "gsm7" or "…" in text


@given(st.text(alphabet=ARABIC, min_size=1, max_size=200), st.text(alphabet="\u200e\u200f\u2066\u2069"))
def test_no_arabic_letter_is_ever_lost(text: str, marks: str) -> None:
    assert substitute(marks + text + marks) == text
    assert unicodedata.normalize("NFC", substitute(text)) == unicodedata.normalize("NFC", text)
