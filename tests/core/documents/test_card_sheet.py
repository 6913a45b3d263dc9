"""Cards on paper: the square leads to the page of the network, and nothing on a card turns round or runs out."""

from __future__ import annotations

import re
import subprocess
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
import zxingcpp

from core.documents.card_sheet import CARDS_A_SHEET, CardPaper, CardSheet, card_link, card_pdf, card_sheet
from core.documents.press import PressError, draw, drawn_apart
from core.languages import Language
from core.money import Money
from core.tokens.batch_views import BatchView
from tests.core.documents.test_pdf import words_on

WIDE = "Nyandɛɛŋ & Sons *Wi-Fi* #1 Jubaa"  # 32 bytes or a few more, and signs that templates could take for their own
CODES = [(1, "acdefhjkmnprtw"), (2, "mmmmwwwwmmmmww"), (7, "34679xy347acfr")]
BATCH = BatchView(
    batch_id=12,
    hotspot_id=3,
    hotspot_code=17,
    ssid="Juba Town Wi-Fi",
    owner_id=None,
    duration_s=3 * 3600,
    data_bytes=None,
    price=Money.of(1_300, "SSP"),
    cards=100,
    campaign=None,
    made_at=datetime(2026, 11, 30, tzinfo=UTC),
    sold=0,
    used=0,
    voided=0,
)


def sheet(paper: CardPaper = "a4", language: Language = "en", batch: BatchView = BATCH, cards: int = 3) -> CardSheet:
    codes = [(serial + 10 * copy, code) for copy in range(cards // 3 + 1) for serial, code in CODES][:cards]
    return card_sheet(
        batch, codes, paper=paper, language=language, public_url="https://shabaka.example", service_code="*384*77#"
    )


def squares_on(content: bytes, dots_per_inch: int) -> list[str]:
    """What the squares on the first page say, as a phone reads them from paper."""
    command = ["pdftoppm", "-r", str(dots_per_inch), "-gray", "-l", "1", "-"]
    picture = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", picture)
    assert head
    grid = memoryview(picture[head.end() :]).cast("B", (int(head[2]), int(head[1])))
    return [found.text for found in zxingcpp.read_barcodes(grid, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("paper", "dots_per_inch"), [("a4", 150), ("roll", 203)])
def test_a_phone_reads_the_square_of_every_card(paper: CardPaper, language: Language, dots_per_inch: int) -> None:
    """203 dots an inch are those of a thermal printer."""
    drawn = sheet(paper, language)
    links = [f"https://shabaka.example/hotspot/17#{code}" for _serial, code in CODES]
    read = squares_on(card_pdf(drawn), dots_per_inch)
    assert sorted(read) == sorted(links if paper == "a4" else links[:1])


def test_the_code_stands_where_no_server_sees_it() -> None:
    link = card_link("https://shabaka.example", 17, "acdefhjkmnprtw")
    assert link.partition("#")[2] == "acdefhjkmnprtw"
    assert "acdefhjkmnprtw" not in link.partition("#")[0]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("paper", ["a4", "roll"])
def test_codes_and_numbers_never_turn_round(paper: CardPaper, language: Language) -> None:
    words = [word.strip(".:") for word in words_on(card_pdf(sheet(paper, language)))]
    for whole in ("acde-fhjk-mnpr-tw", "3467-9xy3-47ac-fr", "12-0000015", "*384*77#", "1,300"):
        assert whole in words


def test_cards_fill_sheets_and_each_card_of_a_roll_is_a_page_58_mm_wide() -> None:
    def sizes(content: bytes) -> list[str]:
        told = subprocess.run(["pdfinfo", "-l", "99", "-"], input=content, capture_output=True, check=True).stdout
        return re.findall(r"size: +([\d.]+) x", told.decode())

    assert len(sizes(card_pdf(sheet(cards=CARDS_A_SHEET)))) == 1
    assert len(sizes(card_pdf(sheet(cards=CARDS_A_SHEET + 1)))) == 2
    roll = sizes(card_pdf(sheet("roll", cards=5)))
    assert len(roll) == 5
    assert {round(float(width) * 25.4 / 72) for width in roll} == {58}


def test_a_wide_name_and_a_wide_code_stay_within_their_card() -> None:
    content = card_pdf(sheet(batch=replace(BATCH, ssid=WIDE)))
    page = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True).stdout
    boxes = re.findall(r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)<', page.decode())
    assert "mmmm-wwww-mmmm-ww" in [word for _left, _right, word in boxes]
    edges = [(10.5 + 63 * column) * 72 / 25.4 for column in range(4)]
    for left, right, word in boxes:
        column = next(number for number in range(3) if edges[number] <= float(left) < edges[number + 1])
        assert float(right) < edges[column + 1], word
    assert "*Wi-Fi*" in [word for _left, _right, word in boxes]


def test_the_same_cards_give_the_same_bytes_and_a_gift_names_no_price() -> None:
    assert card_pdf(sheet()) == card_pdf(sheet())
    assert card_pdf(sheet()) == draw(asdict(sheet()))
    assert sheet(batch=replace(BATCH, price=Money.of(0, "SSP"))).sold == "3 hours"


def test_a_press_that_breaks_tells_no_code() -> None:
    with pytest.raises(PressError) as broken:
        drawn_apart(asdict(sheet()) | {"how": 3})
    assert "acdef" not in f"{broken.value!r} {broken.value.__cause__!r}"
