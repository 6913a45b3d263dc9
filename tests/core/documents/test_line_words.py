"""Each line explains itself, in every tongue, with numbers that keep their direction."""

import pytest

from core.billing.draft import ACCOUNT_OF
from core.documents.line_words import NAMES, line_words, plain_words
from core.documents.movement_words import SENTENCES, movement_words
from core.documents.speech import END, LTR, OWN, own, percent, plain, rate
from core.languages import TONGUES
from tests.core.documents.samples import IN_DOLLARS, MORE_DATA, OVERAGE, PROMOTION, facts, ssp

LINES = [
    ("recurring", facts(days=17), "Office 5 Mbit, 17 of 30 days at SSP 45,000"),
    ("recurring", facts(), "Office 5 Mbit, a whole month at SSP 45,000"),
    (
        "recurring",
        facts(**IN_DOLLARS),
        "Office 5 Mbit, a whole month at USD 50 at 4,500.5 SSP (rate of 20/11/2026)",
    ),
    ("discount", facts(**PROMOTION), "Welcome 2026: 12.5% off Office 5 Mbit"),
    ("rental", facts(price=500_000, days=17), "Equipment rental, 17 of 30 days at SSP 5,000"),
    ("overage", facts() | OVERAGE, "12 GB over 50 GB at SSP 500 each"),
    ("data", facts() | MORE_DATA, "5 GB more for Office 5 Mbit until 01/12/2026, at SSP 2,000"),
    ("set_up", facts(), "Set-up of Office 5 Mbit"),
    ("deposit", facts(), "Deposit for Office 5 Mbit, yours when the service ends"),
    ("unused", facts(days=13, credited_kind="recurring"), "Office 5 Mbit, 13 of 30 days not used"),
    ("unused", facts(days=13, credited_kind="rental"), "Equipment rental, 13 of 30 days not used"),
    ("unused", facts(days=13, credited_kind="discount", **PROMOTION), "Welcome 2026, 13 of 30 days not used"),
    ("change", facts(days=13), "Change to Office 5 Mbit, 13 of 30 days at SSP 45,000"),
    (
        "change",
        facts(days=13, price=500_000, credited_kind="rental"),
        "Equipment rental, 13 of 30 days at SSP 5,000",
    ),
    ("charge", {"text": "A new cable"}, "A new cable"),
    ("credit", {"text": "Two days without service"}, "Two days without service"),
    (
        "credit",
        facts(days=17, credited_kind="recurring"),
        "Taken back: Office 5 Mbit, 17 of 30 days at SSP 45,000",
    ),
    ("credit", {"text": "A new cable", "credited_kind": "charge"}, "Taken back: A new cable"),
]


@pytest.mark.parametrize(("kind", "said", "sentence"), LINES, ids=lambda one: one if isinstance(one, str) else "")
def test_a_line_explains_itself_in_english(kind, said, sentence):
    assert plain_words("en", kind, said).replace("\u00a0", " ") == sentence


def test_a_line_explains_itself_in_arabic():
    assert plain_words("ar", "recurring", facts(days=17)).replace("\u00a0", " ") == (
        "مكتبي 5 ميجا، 17 من 30 يوما بسعر 45,000 جنيه"
    )


@pytest.mark.parametrize(("kind", "said", "_sentence"), LINES, ids=lambda one: one if isinstance(one, str) else "")
def test_in_arabic_every_number_stands_in_a_run_of_its_own(kind, said, _sentence):
    words = line_words("ar", kind, said)
    assert words.count(LTR) + words.count(OWN) == words.count(END)
    outside, depth = "", 0
    for letter in words:
        depth += (letter in (LTR, OWN)) - (letter == END)
        outside += letter if not depth else ""
    assert not any(letter.isdigit() for letter in outside), words


def test_every_kind_of_line_has_a_name_and_falls_back_on_it():
    assert set(NAMES) == set(ACCOUNT_OF)
    for tongue in TONGUES:
        for kind in NAMES:
            assert line_words(tongue, kind, {})
            assert line_words(tongue, kind, facts(**PROMOTION) | OVERAGE | {"text": "x"})
    assert line_words("en", "set_up", {}) == "Set-up"
    assert line_words("en", "something_new", {}) == "something_new"


def test_what_people_write_cannot_end_our_runs():
    hostile = f"Kiden{END}\u202e INV-2026-999999{LTR}"
    assert own("ar", hostile) == f"{OWN}Kiden INV-2026-999999{END}"
    assert own("en", "Malakal Hospital") == "Malakal Hospital"
    assert own("en", "منظمة النيل") == f"{OWN}منظمة النيل{END}"
    assert plain(own("ar", hostile)) == "Kiden INV-2026-999999"


def test_shares_and_rates_are_written_as_short_as_they_are():
    assert [percent(one) for one in (200_000, 125_000, 1, 0, 1_000_000)] == ["20%", "12.5%", "0.0001%", "0%", "100%"]
    assert [rate(one) for one in (4_500_500_000, 130_000_000, 1)] == ["4,500.5", "130", "0.000001"]


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_movement_has_words_even_an_unknown_one(tongue):
    said = {
        "receipt": "100007",
        "telephone": "+211921234567",
        "document": "INV-2026-000001",
        "certificate": "W-1",
        "reason": "x",
    }
    for kind in SENTENCES:
        assert "{" not in movement_words(tongue, kind, said, ssp(500))
        assert movement_words(tongue, kind, {}, ssp(500))
    assert movement_words(tongue, "an_entry_of_tomorrow", {}, ssp(500))
    assert "0921 234 567" in movement_words(tongue, "momo", said, ssp(500))
