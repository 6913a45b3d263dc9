"""Statements from the office: files read in, lines matched, ids decided, days reconciled."""

import io
import re

import pytest

from core.ids import payment_reference
from core.statements.read_import import CHUNK
from tests.core.statements.bank import COLUMNS, Bank, csv_of, row
from tests.town import count, everything_agrees


@pytest.fixture
def bank(app, parts, town, clock):
    return Bank(parts, town, clock).opens()


def send(desk, content, account="eco", name="november.csv"):
    return desk.client.post(
        "/admin/statements",
        data={"csrf_token": desk.token(), "account": account, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def test_a_file_is_read_in_and_its_bad_lines_are_told_by_number(mary, bank, town, parts):
    content = csv_of(row(100, payment_reference(town.achol.number)), row("x", "bad"), row(7, "=1+1 who"))
    answer = send(mary, content)
    assert "The file is here." in mary.told(answer)
    page = mary.get("/statements/1").text
    assert "that is no amount" in page
    assert '<b><bdi dir="ltr">3</bdi></b>' in page
    assert town.balance(town.achol).minor == 100_00
    assert "november.csv" in mary.get("/statements").text
    assert count(parts, "audit_entry", "act = 'statement_received'") == 1
    everything_agrees(parts)


def test_a_large_file_is_taken_where_a_page_is_not_and_too_large_a_one_is_refused_with_a_sentence(mary, bank, parts):
    big = csv_of(*(row(1, f"transfer of somebody at the branch {number}") for number in range(CHUNK)))
    assert len(big) > 64 * 1024
    assert send(mary, big).status_code == 303
    assert mary.post("/lines/1/explain", why="x" * 100_000).status_code == 413
    claims_to_be = {"CONTENT_LENGTH": str(50 * 1024 * 1024)}
    too_large = mary.client.post("/admin/statements", data={"account": "eco"}, environ_overrides=claims_to_be)
    assert too_large.status_code == 413
    assert "That is too much to send at once." in too_large.text
    refused = send(mary, b"%PDF-1.4 no statement")
    assert "16 MB" in mary.refused(refused)
    assert count(parts, "statement_import") == 1


def test_reading_stops_when_a_page_has_taken_its_time_and_goes_on_with_a_press(mary, bank, parts, monkeypatch):
    monkeypatch.setattr("admin.pages.statements.READING_S_MAX", -1)
    monkeypatch.setattr("core.statements.read_import.CHUNK", 2)
    send(mary, csv_of(*(row(number, "x") for number in range(1, 6))))
    assert "It is not read to its end yet." in mary.get("/statements/1").text
    for _press in range(2):
        mary.post("/statements/1")
    assert "Read on" not in mary.get("/statements/1").text
    assert count(parts, "statement_line") == 5


def test_a_file_that_the_mapping_does_not_fit_says_which_field(mary, bank):
    send(mary, b"When,Amount\n20/11/2026,5\n")
    assert "look at the field day" in mary.refused(mary.post("/statements/1"))


def test_a_line_is_credited_from_its_suggestion_and_taken_back(mary, bank, town, parts):
    send(mary, csv_of(row(500, f"cheque {town.achol.number}")))
    page = mary.get("/lines/1").text
    assert "an account number stands in the text" in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    said = mary.told(mary.post("/lines/1/credit", key=key, customer=town.achol.number, why="number_in_text"))
    assert f"It is on account {town.achol.number}" in said
    assert "sent before" in mary.told(mary.post("/lines/1/credit", key=key, customer=town.achol.number))
    assert town.balance(town.achol).minor == 500_00
    assert "Everything is matched." in mary.get("/lines").text
    assert "Write the reason." in mary.refused(mary.post("/lines/1/undo", match="1", why=""))
    assert "The match is taken back" in mary.told(mary.post("/lines/1/undo", match="1", why="wrong Achol"))
    assert town.balance(town.achol).minor == 0
    everything_agrees(parts)


def test_more_than_is_left_and_a_customer_who_is_none_are_refused(mary, bank, town):
    send(mary, csv_of(row(500, "who")))
    key = mary.key("/lines/1")
    refused = mary.post("/lines/1/credit", key=key, customer=town.achol.number, amount="900")
    assert "Only SSP 500 is left of it." in mary.refused(refused)
    assert mary.post("/lines/1/credit", key=key, customer="999").status_code == 404


def test_a_fee_is_matched_and_what_needs_no_match_explained(mary, bank, parts):
    send(mary, csv_of(row(-40, "fee")))
    assert "It is matched." in mary.told(mary.post("/lines/1/other", key=mary.key("/lines/1"), what="fee"))
    send(mary, csv_of(row(70, "odd", ref="77")), account="mtn-momo")
    assert "It is explained." in mary.told(mary.post("/lines/2/explain", why="taken back by MTN"))
    assert "taken back by MTN" in mary.get("/lines/2").text
    everything_agrees(parts)


def test_suspense_stands_on_its_page_with_its_age(mary, bank):
    send(mary, csv_of(row(500, "old one", day="01/11/2026")))
    page = mary.get("/lines").text
    assert "old one" in page
    assert '<bdi dir="ltr">22</bdi> days' in page


def test_an_id_is_credited_by_what_was_seen_and_another_refused(mary, bank, town, parts):
    bank.claims(town.achol, "TX123456")
    bank.claims(town.deng, "TX777777", said=300)
    page = mary.get("/claims").text
    assert "No statement tells of it yet." in page
    assert "SSP 300" in page
    said = mary.told(mary.post("/claims/1/credit", amount="500", day="2026-11-20", why="seen in the wallet"))
    assert "It is credited" in said
    assert town.balance(town.achol).minor == 500_00
    assert "Write the reason." in mary.refused(mary.post("/claims/2/refuse", why=""))
    assert "the customer is told" in mary.told(mary.post("/claims/2/refuse", why="no such id"))
    everything_agrees(parts)


def test_an_account_is_opened_mapped_changed_and_closed(mary, bank, parts):
    said = mary.told(
        mary.post("/accounts", kind="bank", code="kcb", currency="SSP", name="KCB", pay_to="00112233", opening="1000")
    )
    assert said == "The account is open."
    assert bank.stands("bank:kcb") == -1000_00
    assert "kcb is taken already." in mary.refused(
        mary.post("/accounts", kind="bank", code="kcb", currency="SSP", name="KCB")
    )
    columns = {f"column_{name}": text for name, text in COLUMNS.items()}
    form = {
        "order": "dmy",
        "decimal": ",",
        "thousands": "point",
        "delimiter": "semicolon",
        "signs": "signed",
        "header": "yes",
    }
    assert "from now on" in mary.told(mary.post("/accounts/kcb/mapping", **columns, **form))
    assert "field day" in mary.refused(mary.post("/accounts/kcb/mapping", **form))
    assert mary.told(mary.post("/accounts/kcb", name="KCB Juba", alias="4")) == "It is changed."
    assert "KCB Juba" in mary.get("/accounts").text
    assert "closed" in mary.told(mary.post("/accounts/kcb/close"))
    assert "closed already" in mary.refused(mary.post("/accounts/kcb/close"))


def test_days_that_agree_and_days_on_which_somebody_has_to_look(mary, bank):
    send(mary, csv_of(row(500, "who")))
    page = mary.get("/reconciliation?from=2026-11-01&to=2026-11-30").text
    assert "Everything is explained." in page
    assert "on suspense" in page
    send(mary, csv_of(row(70, "odd", ref="77")), account="mtn-momo")
    page = mary.get("/reconciliation?from=2026-11-01&to=2026-11-30").text
    assert "they have it, we do not" in page
    assert mary.get("/reconciliation?from=2026-11-30&to=2026-11-01").status_code == 422


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_of_statements_has_its_direction_and_is_small(mary, bank, town, language):
    import gzip

    send(mary, csv_of(*(row(500, f"cheque {town.achol.number}", payer="Achol", ref=f"R{n}") for n in range(60))))
    bank.claims(town.achol, "TX123456", said=300)
    mary.post("/me/language", language=language)
    for path in (
        "/statements",
        "/statements/1",
        "/lines",
        "/lines/1",
        "/claims",
        "/accounts",
        "/accounts/eco",
        "/reconciliation",
    ):
        answer = mary.get(path)
        assert answer.status_code == 200, path
        assert len(gzip.compress(answer.data)) < 14 * 1024, path
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in answer.text


def test_kiden_sends_no_file(kiden, bank, parts):
    assert send(kiden, csv_of(row(5, "x"))).status_code == 303
    assert count(parts, "statement_import") == 0
