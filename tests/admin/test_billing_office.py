"""The billing run, the reports and the months, from the office."""

import csv
import io

import pytest
from psycopg2 import errors as pg
from sqlalchemy.exc import OperationalError

from admin.pages import billing
from tests.town import count, snapshot


def due(provider):
    """Three services whose month is over on 1 December, and one prepaid that nobody has paid on."""
    provider.begins("HOME")
    provider.begins("HOME", provider.town.deng)
    provider.pays(40_000)
    provider.begins("PREHOME")
    provider.on("2026-12-01")


def test_the_page_shows_what_a_run_would_do_and_does_nothing(mary, provider, parts):
    due(provider)
    before = snapshot(parts)
    page = mary.get("/billing").text
    assert '<b><bdi dir="ltr">2</bdi></b>documents' in page
    assert "SSP 72,000" in page
    assert "Achol" in page
    assert "Deng" in page
    assert '<b><bdi dir="ltr">1</bdi></b>prepaid cut off' in page
    assert snapshot(parts) == before
    assert provider.invoices(provider.town.deng) == []


def test_the_button_bills_what_is_due_and_a_second_press_nothing(mary, provider, parts):
    due(provider)
    said = mary.told(mary.post("/billing"))
    assert "Issued: 2 documents for SSP 72,000." in said
    assert "the balance did not cover the next month: 1." in said
    assert "Nothing was due." in mary.told(mary.post("/billing"))
    assert "Nothing is due." in mary.get("/billing").text
    assert count(parts, "audit_entry", "act = 'billing_run'") == 2
    provider.agrees()


def test_a_long_run_stops_between_two_chunks_and_goes_on_with_the_next_press(mary, provider, monkeypatch):
    monkeypatch.setattr("core.billing.run.CHUNK", 1)
    monkeypatch.setattr(billing, "SERVICES_BILLED_MAX", 1)
    monkeypatch.setattr(billing, "SERVICES_LOOKED_AT_MAX", 1)
    due(provider)
    assert "There is more than this page looks at." in mary.get("/billing").text
    assert "There is more to bill" in mary.told(mary.post("/billing"))
    assert count(provider.parts, "invoice", "kind = 'invoice' AND issued_on = '2026-12-01'") == 1
    mary.post("/billing")
    assert count(provider.parts, "invoice", "kind = 'invoice' AND issued_on = '2026-12-01'") == 2
    provider.agrees()


def test_while_another_run_goes_on_the_page_asks_for_patience(mary, provider, monkeypatch):
    def waits_too_long(*_arguments, **_facts):
        raise OperationalError("SELECT pg_advisory_xact_lock", {}, pg.LockNotAvailable("canceling statement"))

    monkeypatch.setattr(billing, "preview", waits_too_long)
    monkeypatch.setattr(billing, "bill_due", waits_too_long)
    assert "A billing run is going on right now." in mary.get("/billing").text
    assert mary.post("/billing").status_code == 303


def test_what_cannot_be_billed_is_told_of(mary, provider):
    provider.begins("NGO")  # priced in dollars, and nobody wrote down what a dollar costs
    provider.on("2026-12-01")
    page = mary.get("/billing").text
    assert "Cannot be billed" in page
    assert "stay due: 1." in mary.told(mary.post("/billing"))


def test_the_ageing_of_a_day_with_its_sums_and_its_sheet(mary, provider):
    provider.begins("HOME")
    provider.begins("HOME", provider.town.deng)
    provider.on("2026-12-01")
    provider.bills()
    provider.on("2026-12-20")
    provider.pays(6_000)
    page = mary.get("/reports/ageing").text
    assert "customers: " in page
    assert "66,000" in page
    assert "36,000" in page
    page = mary.get("/reports/ageing?day=2026-12-01").text
    assert "72,000" in page
    sheet = mary.get("/reports/ageing.csv?day=2026-12-20")
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="ageing-2026-12-20.csv"'
    rows = list(csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["account", "name", "not due yet"]
    assert rows[1] == [provider.town.deng.number, "Deng", "0.00", "36000.00", "0.00", "0.00", "0.00", "36000.00", "SSP"]
    assert rows[-1] == ["", "total", "0.00", "66000.00", "0.00", "0.00", "0.00", "66000.00", "SSP"]


def test_a_day_or_quarter_that_is_none_is_refused_in_words(mary, provider):
    for path in ("/reports/ageing?day=x", "/reports/ageing.csv?day=2026-02-30", "/reports/tariffs?quarter=2026"):
        answer = mary.get(path)
        assert answer.status_code == 422, path
        assert "That is not a day that can be meant here." in answer.text
    assert "SSP 0" in mary.get("/reports/ageing?day=2020-01-01").text


def test_the_tariff_filing_of_a_quarter_is_a_sheet(mary, provider):
    page = mary.get("/reports").text
    assert "2026Q4" in page
    assert "2026Q3" in page
    sheet = mary.get("/reports/tariffs?quarter=2026Q4")
    assert sheet.content_type == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert rows[0][0] == "code"
    assert {row[0] for row in rows[1:] if row} >= {"HOME", "OFFICE"}


def test_months_are_closed_one_after_the_other_by_an_admin(desk_of, provider, parts):
    rebecca = desk_of("rebecca")
    assert "The books are empty." in rebecca.get("/months").text
    provider.pays(1_000)
    assert "is not over yet" in rebecca.get("/months").text
    assert "cannot be closed" in rebecca.refused(rebecca.post("/months", month="2026-11-01"))
    provider.on("2026-12-01")
    provider.pays(1_000)
    page = rebecca.get("/months").text
    assert "Close <bdi" in page
    assert "The books of 11/2026 are closed." in rebecca.told(rebecca.post("/months", month="2026-11-01"))
    assert "Use a later day." in rebecca.refused(rebecca.post("/months", month="2026-11-01"))
    assert "is not over yet" in rebecca.get("/months").text
    assert desk_of("mary").get("/months").status_code == 403
    assert count(parts, "closed_month") == count(parts, "audit_entry", "act = 'month_closed'") == 1


@pytest.mark.parametrize("typed", ["", "x", "\x00", "2026-13-01"])
def test_a_month_that_is_none_closes_nothing(desk_of, provider, parts, typed):
    assert desk_of("rebecca").post("/months", month=typed).status_code == 422
    assert count(parts, "closed_month") == 0
