"""Papers as PDF: the same bytes again, nothing turned round, fast, and looking as they did when they were looked at."""

import json
import re
import shutil
import subprocess
import time
from dataclasses import replace

import pytest

from core.documents.papers import Party
from core.documents.pdf import draw, pdf, sheet_of
from core.documents.press import FONTS
from core.documents.sheet import PAPER_LANGUAGES
from tests.core.documents.pictures import CARD_SHEETS, GOLDEN, SHEETS, picture, pixels
from tests.core.documents.samples import HOUSE, PAPERS, STATEMENT, TWELVE_LINES, TWO_LINES

FONT_BYTES_MAX = 150_000
PAPER_BYTES_MAX = 60_000
PAGE_MS_MAX = 50
NOTICEABLE = 32  # of 255: what anti-aliasing on another processor does not reach
# What must be read from left to right, wherever it stands.
WHOLE = {
    "two_lines": ["INV-2026-000123", "01/12/2026", "15/12/2026", "222-118-904", "*384*77#", "-0.33", "33,433.00"],
    "twelve_lines": ["CN-2026-000007", "WHT-2026-88", "SSRA/EX/2026/0117", "4,500.5", "20/11/2026", "-28,128.12"],
    "credit_note": ["CN-2026-000007", "INV-2026-000123", "104-233-871", "19,500"],
    "statement": ["INV-2026-000101", "03/11/2026", "-18,300", "*384*77#", "100017"],
    "receipt": ["23503452", "23/11/2026", "12:00", "54,000"],
}


@pytest.mark.parametrize("language", PAPER_LANGUAGES)
@pytest.mark.parametrize("name", PAPERS)
def test_the_same_paper_gives_the_same_bytes(name, language):
    first = pdf(PAPERS[name], language, HOUSE)
    assert first.startswith(b"%PDF-")
    assert first == pdf(PAPERS[name], language, HOUSE)
    assert len(first) <= PAPER_BYTES_MAX


def words_on(content: bytes) -> list[str]:
    """Each word as it stands on the paper, letters from left to right."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not here")
    page = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True).stdout
    return re.findall(r"<word [^>]*>([^<]*)</word>", page.decode())


@pytest.mark.parametrize("language", PAPER_LANGUAGES)
@pytest.mark.parametrize("name", WHOLE)
def test_numbers_codes_and_dates_never_turn_round(name, language):
    words = [word.strip(".:;,()") for word in words_on(pdf(PAPERS[name], language, HOUSE))]
    assert [one for one in WHOLE[name] if one not in words] == []


@pytest.mark.parametrize("name", PAPERS)
def test_in_arabic_nothing_that_could_turn_round_reaches_the_paper_unmarked(name):
    sheet = sheet_of(PAPERS[name], "ar", HOUSE)
    texts = [*sheet.title, *sheet.mark, *sheet.tin]
    texts += [word for fact in (*sheet.buyer, *sheet.facts) for word in (*fact.label, *fact.value)]
    texts += [word for words in (*sheet.pay, *sheet.notes) for word in words]
    for table in (*sheet.tables, *sheet.after):
        texts += [*table.lead, *table.head, *(word for words in table.figures for word in words)]
        texts += [word for row in table.rows for word in (*row.words, *row.note)]
    for text in texts:
        bare = re.sub("[\u2066\u2068][^\u2069]*\u2069", "", text)
        assert not re.search(r"\d", bare), text


def test_how_many_pages_there_are():
    assert len(picture(sheet_of(TWO_LINES, "both", HOUSE))) == 1
    assert len(picture(sheet_of(TWELVE_LINES, "en", HOUSE))) == 1
    assert len(picture(sheet_of(TWELVE_LINES, "both", HOUSE))) == 2
    long = replace(STATEMENT, movements=STATEMENT.movements * 20)
    assert len(picture(sheet_of(long, "en", HOUSE))) == 5


@pytest.mark.parametrize("name", [*SHEETS, *CARD_SHEETS])
def test_a_paper_looks_as_it_did_when_it_was_looked_at(name):
    page, *_more = picture((SHEETS | CARD_SHEETS)[name])
    width, drawn = pixels(page)
    golden_width, golden = pixels((GOLDEN / f"{name}.png").read_bytes())
    assert (width, len(drawn)) == (golden_width, len(golden))
    differing = sum(abs(one - other) > NOTICEABLE for one, other in zip(drawn, golden, strict=True))
    assert differing / len(drawn) < 0.001


def test_what_people_write_is_never_read_as_source():
    hostile = '#panic("x") $x$ *b* _i_ `c` <l> @r \\ #{sys.inputs} "}'
    buyer = Party(hostile, "1", "]#[x", "100017")
    words = " ".join(words_on(pdf(replace(TWO_LINES, buyer=buyer, reason=hostile), "both", HOUSE)))
    assert "#panic(&quot;x&quot;)" in words
    assert "#{sys.inputs}" in words


def test_letters_of_the_languages_here_are_drawn():
    buyer = Party("Nyandɛɛŋ Acuil Ŋuɔt Gääŋ", None, "Bɔ̈r", "100017")
    words = " ".join(words_on(pdf(replace(TWO_LINES, buyer=buyer), "en", HOUSE)))
    assert "Nyandɛɛŋ Acuil Ŋuɔt Gääŋ" in words


def test_a_page_is_drawn_in_a_moment():
    draw(sheet_of(TWO_LINES, "both", HOUSE))
    best = 10**9
    for number in range(5):
        sheet = sheet_of(replace(TWO_LINES, number=f"INV-2026-{number:06d}"), "both", HOUSE)
        started = time.process_time_ns()
        draw(sheet)
        best = min(best, time.process_time_ns() - started)
    assert best / 1e6 <= PAGE_MS_MAX


def test_the_fonts_are_few_bytes_and_bring_their_licence():
    assert sum(font.stat().st_size for font in FONTS.glob("*.ttf")) <= FONT_BYTES_MAX
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_every_sheet_is_plain_data():
    from dataclasses import asdict

    for paper in PAPERS.values():
        for language in PAPER_LANGUAGES:
            assert json.loads(json.dumps(asdict(sheet_of(paper, language, HOUSE))))["languages"]
