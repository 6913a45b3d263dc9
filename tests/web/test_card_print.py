"""Cards leave as files: PDF, many PDFs in one archive, or CSV; made while they are sent, and only what is asked for."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from core.documents.card_sheet import CARDS_A_FILE
from core.errors import CardNotSold, CardsNotThere, NotFound, NotPossibleNow
from core.tokens.batch_views import batch_view
from core.tokens.typed_code import code_typed
from tests.core.documents.test_card_sheet import squares_on
from tests.core.documents.test_pdf import words_on
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, Town
from web.card_print import card_response, wish

LINE_BYTES_MAX = 200
MEMORY_BYTES_MAX = 3_000_000
RESIDENT_BYTES_MAX = 30_000_000  # typst would keep 45 MB of each file
Print = Callable[..., Response]


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)


@pytest.fixture
def print_cards(cards: Cards) -> Print:
    """What the form of a page asks for."""

    def printed(batch_id: int, **form: str) -> Response:
        with cards.parts.db.reading() as connection:
            batch = batch_view(connection, batch_id)
        asked = {"form": "a4", "language": "en"} | form
        with Flask("press").test_request_context(method="POST", data=asked):
            return card_response(cards.parts, batch, wish(cards.parts, batch))

    return printed


def rows_of(response: Response) -> list[dict[str, str]]:
    text = response.get_data().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_card_is_printed_sold_scanned_and_lets_in(cards: Cards, print_cards: Print, language: str) -> None:
    batch = cards.make(3).batch_id
    response = print_cards(batch, language=language)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == f'attachment; filename="cards-{batch}-000001-000003.pdf"'
    (link, *_more) = squares_on(response.get_data(), 150)
    address, _sign, code = link.partition("#")
    with cards.parts.db.reading() as connection:
        view = batch_view(connection, batch)
    assert address == f"http://127.0.0.1:1/hotspot/{view.hotspot_code}"
    assert code in cards.codes(batch)
    with pytest.raises(CardNotSold):
        cards.type(code, phone=ACHOL)
    cards.sell(batch, 1, 3)
    assert cards.type(f" {code[:5].upper()} {code[5:]}", phone=ACHOL).ssid == "Juba Town Wi-Fi"


def test_only_the_range_asked_for_is_printed_and_no_card_that_was_used(cards: Cards, print_cards: Print) -> None:
    batch = cards.make(30).batch_id
    codes = cards.codes(batch)
    cards.sell(batch, 1, 10)
    cards.type(codes[5], phone=ACHOL)
    words = words_on(print_cards(batch, first="4", last="٨").get_data())
    printed = [code_typed(word) for word in words]
    assert [code in printed for code in codes[:10]] == [
        False,
        False,
        False,
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    rows = rows_of(print_cards(batch, form="csv", first="4", last="8"))
    assert [row["serial"] for row in rows] == ["4", "5", "7", "8"]
    assert [row["code"].replace("-", "") for row in rows] == [codes[at] for at in (3, 4, 6, 7)]


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"first": "0"}, CardsNotThere),
        ({"first": "5", "last": "4"}, CardsNotThere),
        ({"last": "31"}, CardsNotThere),
        ({"first": "x"}, NotFound),
        ({"first": "²"}, NotFound),
        ({"last": "99-0000015"}, NotFound),
        ({"form": "exe"}, NotPossibleNow),
        ({"language": "ar_Latn"}, NotPossibleNow),
    ],
)
def test_what_is_not_there_is_not_printed(
    cards: Cards, print_cards: Print, form: dict[str, str], refusal: type[Exception]
) -> None:
    batch = cards.make(30).batch_id
    with pytest.raises(refusal):
        print_cards(batch, **form)


def test_cards_that_were_all_used_are_refused(cards: Cards, print_cards: Print) -> None:
    batch = cards.make(2).batch_id
    code = cards.codes(batch)[0]
    cards.sell(batch, 1, 1)
    cards.type(code, phone=ACHOL)
    with pytest.raises(CardsNotThere):
        print_cards(batch, last="1")


def test_a_long_range_is_an_archive_of_files_that_say_what_is_in_them(cards: Cards, print_cards: Print) -> None:
    batch = cards.make(CARDS_A_FILE + 5).batch_id
    response = print_cards(batch, form="roll")
    assert response.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as archive:
        assert archive.testzip() is None
        names = [f"cards-{batch}-000001-000480.pdf", f"cards-{batch}-000481-000485.pdf"]
        assert archive.namelist() == names
        assert archive.infolist()[0].date_time[:3] == (2026, 11, 23)
        words = words_on(archive.read(names[1]))
    assert [code for code in map(code_typed, words) if code] == cards.codes(batch, first=481)


def test_a_spreadsheet_takes_no_name_for_a_formula(cards: Cards, print_cards: Print) -> None:
    batch = cards.make(2, campaign="=HYPERLINK(1)").batch_id
    (row, _other) = rows_of(print_cards(batch, form="csv"))
    assert row["campaign"] == "'=HYPERLINK(1)"
    assert (row["network"], row["plan"], row["price"], row["currency"]) == (
        "Juba Town Wi-Fi",
        "1 hour",
        "300.00",
        "SSP",
    )
    assert row["link"].endswith("#" + row["code"].replace("-", ""))


@pytest.mark.slow
def test_a_hundred_thousand_cards_are_sent_without_being_held(cards: Cards, print_cards: Print) -> None:
    """All of them as CSV; of the archive as much as shows that a file of it is gone before the next is drawn."""
    batch = cards.make(100_000).batch_id
    list(print_cards(batch, form="csv", last="1000").iter_encoded())
    tracemalloc.start()
    sent, lines = 0, 0
    for piece in print_cards(batch, form="csv").iter_encoded():
        sent += len(piece)
        lines += piece.count(b"\n")
    assert (lines, sent < 100_000 * LINE_BYTES_MAX) == (100_001, True)
    assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX
    tracemalloc.reset_peak()
    files: Any = iter(print_cards(batch).iter_encoded())
    next(files)
    peak, resident = tracemalloc.get_traced_memory()[1], resident_bytes()
    for _file in range(3):
        next(files)
    assert tracemalloc.get_traced_memory()[1] < peak + MEMORY_BYTES_MAX
    assert resident_bytes() < resident + RESIDENT_BYTES_MAX
    tracemalloc.stop()
    files.close()


def resident_bytes() -> int:
    """The memory of this process, that of libraries too."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
