"""Documents at the desk: small pages that explain every line, in either language or both, and the same as PDF."""

import gzip
import re

import pytest

PAGE_BYTES_MAX = 3 * 1024


@pytest.fixture
def number(provider):
    """Achol's invoice of two lines, 17 days of November."""
    provider.on("2026-11-14")
    provider.begins("OFFICE")
    provider.on("2026-12-01")
    provider.bills()
    return str(provider.invoices()[0].number)


def words_of(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page)).replace("&#39;", "'")


def test_a_document_explains_each_line_and_says_how_to_pay(mary, number):
    words = words_of(mary.get(f"/documents/{number}").text)
    assert "Invoice INV-2026-000001" in words
    for said in (
        "Office, 17 of 30 days at SSP 90,000",
        "Equipment rental, 17 of 30 days at SSP 5,000",
        "Excise duty20%51,000.0010,200.00",
        "Total, SSP64,033.00",
        "Rounding-0.33",
        "dial *384*77# and choose your bill",
        "halves to even",
    ):
        assert said in words, said


@pytest.mark.parametrize("language", ["en", "ar", "both"])
def test_a_page_of_two_lines_is_few_bytes_and_styled_by_the_sheet_alone(mary, number, language):
    page = mary.get(f"/documents/{number}?language={language}").text
    assert len(gzip.compress(page.encode())) <= PAGE_BYTES_MAX
    assert " style=" not in page
    assert "{" not in words_of(page)


def test_both_languages_stand_side_by_side_and_the_figures_once(mary, number):
    page = mary.get(f"/documents/{number}?language=both").text
    assert 'class="card sheet both" lang="en" dir="ltr"' in page
    assert 'lang="ar" dir="rtl">البيان' in page
    assert page.count("51,000.00</td>") == 2  # the line, and what its tax is on
    row = page[page.index("Office, 17") :]
    assert row.index("51,000.00") < row.index('lang="ar"')


def test_in_arabic_every_number_keeps_its_direction(desk_of, number):
    rose = desk_of("rose")
    rose.post("/me/language", language="ar")
    page = rose.get(f"/documents/{number}").text
    assert 'class="card sheet" lang="ar" dir="rtl"' in page
    article = page[page.index("<article") : page.index("</article>")]
    isolated = re.sub(r'<bdi(?: dir="ltr")?>[^<]*</bdi>|<td dir="ltr"[^>]*>[^<]*</td>', "", article)
    assert not re.search(r"\d", re.sub(r"<[^>]*>", "", isolated)), isolated
    assert '<bdi dir="ltr">*384*77#</bdi>' in article
    assert not re.search("[\u2066-\u2069]", page)


@pytest.mark.parametrize("language", ["en", "ar", "both"])
def test_a_document_is_saved_as_pdf(mary, number, language):
    answer = mary.get(f"/documents/{number}.pdf?language={language}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert answer.data.startswith(b"%PDF-")


def test_the_documents_of_a_customer_are_listed(mary, provider, town, number):
    page = mary.get(f"/customers/{town.achol.number}/documents").text
    assert f"/admin/documents/{number}" in page
    assert "SSP 64,033 to pay by 11/12/2026" in words_of(page).replace("\u00a0", " ")
    provider.pays(70_000)
    assert "Paid in full" in mary.get(f"/customers/{town.achol.number}/documents").text
    assert "Paid in full" in mary.get(f"/documents/{number}").text
    assert "There are none." in mary.get(f"/customers/{town.deng.number}/documents").text


def test_a_statement_covers_the_days_asked_for(mary, provider, town, number):
    provider.pays(4_033)
    path = f"/customers/{town.achol.number}/statement"
    words = words_of(mary.get(path).text)
    assert "Invoice INV-2026-000001" in words
    assert "You owe on invoices, SSP60,000" in words
    before = words_of(mary.get(f"{path}?from=2026-11-01&to=2026-11-30").text)
    assert "INV-2026-000001" not in before
    assert "Closing balance0" in before
    answer = mary.get(f"{path}.pdf?from=2026-11-01&to=2026-12-31&language=both")
    assert answer.data.startswith(b"%PDF-")
    assert f"{town.achol.number}-2026-11-01-2026-12-31.pdf" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "days",
    ["from=x", "from=2026-02-30", "to=0001-01-01", "to=9999-12-31", "from=2026-12-01&to=2026-11-01", "from=2020-01-01"],
)
def test_days_that_are_none_are_refused_in_one_sentence(mary, town, days):
    for ending in ("", ".pdf"):
        answer = mary.get(f"/customers/{town.achol.number}/statement{ending}?{days}")
        assert answer.status_code == 422
        assert "That is not a day" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/documents/INV-2026-000009",
        "/documents/INV-2026-000009.pdf",
        "/documents/x%00",
        "/documents/%2e%2e",
        "/customers/1/documents",
        "/customers/x/statement",
        "/customers/1/statement.pdf",
        "/receipts/1.pdf",
    ],
)
def test_there_is_no_such_paper(mary, path):
    answer = mary.get(path)
    assert answer.status_code == 404
    assert "We could not find that." in answer.text


def test_a_receipt_is_saved_as_pdf(mary, provider):
    provider.pays(500)
    ((number,),) = provider.rows("SELECT number FROM receipt")
    assert mary.get(f"/receipts/{number}.pdf").data.startswith(b"%PDF-")


def test_who_may_not_see_bills_sees_none(desk_of, kiden, town, number):
    gatluak = desk_of("gatluak")
    for path in (f"/documents/{number}", f"/documents/{number}.pdf", f"/customers/{town.achol.number}/statement"):
        assert gatluak.get(path).status_code == 403
        assert kiden.get(path).status_code == 303


def test_what_people_wrote_stays_text(mary, provider, town, parts):
    from sqlalchemy import text

    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE customer SET name = '<b>Achol</b> \u2069x', address = '<script>'"))
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    page = mary.get("/documents/INV-2026-000001").text
    assert "<b>Achol" not in page
    assert "&lt;b&gt;Achol&lt;/b&gt; x" in page
    assert "&lt;script&gt;" in page
