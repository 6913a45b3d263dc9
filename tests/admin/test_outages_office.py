"""The phones of those who are called, and what pages say of routers that are down."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from tests.town import count


@pytest.fixture
def rebecca(desk_of: Any) -> Any:
    return desk_of("rebecca")


@pytest.fixture
def gatluak(desk_of: Any) -> Any:
    return desk_of("gatluak")


def phone_of(parts: Any, username: str) -> str | None:
    with parts.db.reading() as connection:
        return connection.execute(
            text("SELECT phone FROM staff_member WHERE username = :u"), {"u": username}
        ).scalar_one()


def test_the_admin_notes_a_phone_and_takes_it_away(rebecca: Any, kiden: Any, mary: Any, parts: Any) -> None:
    assert "gatluak is called on this phone." in rebecca.told(
        rebecca.post("/staff/gatluak/phone", phone="0921 000 001")
    )
    assert phone_of(parts, "gatluak") == "+211921000001"
    assert "0921 000 001" in rebecca.get("/staff").text
    assert rebecca.refused(rebecca.post("/staff/gatluak/phone", phone="12"))
    assert rebecca.post("/staff/nobody/phone", phone="0921000001").status_code == 422
    assert mary.post("/staff/gatluak/phone", phone="0921000009").status_code == 403
    assert kiden.post("/staff/gatluak/phone", phone="0921000009").status_code in {302, 303, 403}
    assert phone_of(parts, "gatluak") == "+211921000001"
    rebecca.told(rebecca.post("/staff/gatluak/phone", phone=""))
    assert phone_of(parts, "gatluak") is None
    assert count(parts, "audit_entry", "act = 'staff_phone_set'") == 2


def test_a_technician_notes_their_own_phone(gatluak: Any, parts: Any) -> None:
    gatluak.told(gatluak.post("/me/phone", phone="+211 921 000 002"))
    assert phone_of(parts, "gatluak") == "+211921000002"
    assert 'value="+211921000002"' in gatluak.get("/me").text
    assert gatluak.refused(gatluak.post("/me/phone", phone="nonsense"))


def test_pages_say_since_when_a_router_is_down(gatluak: Any, parts: Any, town: Any) -> None:
    with parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO router_outage (router_id, area, began_at) VALUES (:r, 'Kator', '2026-11-23T07:30:00+00:00')"
            ),
            {"r": town.routers["juba-town"]},
        )
    for page, times in (("/network", 1), ("/routers", 1), (f"/routers/{town.routers['juba-town']}", 2)):
        shown = gatluak.get(page).text
        assert shown.count('down since <bdi dir="ltr">23/11/2026 09:30</bdi>') == times, page
    assert "down since" not in gatluak.get(f"/routers/{town.routers['munuki']}").text


@pytest.fixture
def november(parts: Any, town: Any) -> None:
    """Kator was down over the end of October for an hour and a half, and is since 11:00; Munuki never."""
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET area = CASE name WHEN 'munuki' THEN 'Munuki' ELSE '=Kator' END"))
        tx.execute(
            text(
                "INSERT INTO router_outage (router_id, area, began_at, ended_at) VALUES"
                " (:r, '=Kator', '2026-10-31T21:30:00+00:00', '2026-10-31T23:00:00+00:00'),"
                " (:r, '=Kator', '2026-11-23T09:00:00+00:00', NULL)"
            ),
            {"r": town.routers["juba-town"]},
        )


def rows(sheet: str) -> list[list[str]]:
    assert sheet.startswith("\ufeff")
    return list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"))))


def test_the_service_report_has_the_minutes_of_each_area_and_month(gatluak: Any, november: None, town: Any) -> None:
    page = gatluak.get("/network/outages").text
    assert "Outages in" in page
    assert '<bdi dir="ltr">120</bdi>' in page  # an hour of October's night in Juba, and an hour until noon
    areas = rows(gatluak.get("/network/outages/areas.csv?month=2026-11").text)
    assert areas[0][:5] == ["month", "area", "routers", "outages", "minutes down"]
    assert [row[:7] for row in areas[1:]] == [
        ["2026-11", "'=Kator", "1", "2", "120", "120", "60"],
        ["2026-11", "Munuki", "1", "0", "0", "0", "0"],
    ]
    assert areas[2][7] == "100.00"
    october = rows(gatluak.get("/network/outages/areas.csv?month=2026-10").text)
    assert october[1][:5] == ["2026-10", "'=Kator", "1", "1", "30"]
    outages = rows(gatluak.get("/network/outages/outages.csv?month=2026-11").text)
    assert outages[1:] == [
        ["juba-town", "'=Kator", "2026-11-23 11:00", "", "60"],
        ["juba-town", "'=Kator", "2026-10-31 23:30", "2026-11-01 01:00", "60"],
    ]
    shown = gatluak.get(f"/routers/{town.routers['juba-town']}").text
    assert shown.count("23/11/2026 11:00") == 2  # above, and under the last outages
    for wrong in ("2026-13", "2027-01", "nonsense"):
        assert gatluak.get(f"/network/outages?month={wrong}").status_code in {400, 404, 409, 422}, wrong


def test_mary_turns_credits_on_from_a_day_on_and_sees_what_was_given(mary: Any, gatluak: Any, kiden: Any) -> None:
    assert "<b>Today:</b> no outage is credited" in mary.get("/network/credits").text
    assert "Outages from 23/11/2026 on are credited, from 8 hours on." in mary.told(
        mary.post("/network/credits", day="2026-11-23", hours="8")
    )
    assert "<b>Today:</b> outages of" in mary.get("/network/credits").text
    assert mary.refused(mary.post("/network/credits", day="2026-11-22", hours="8"))
    assert mary.refused(mary.post("/network/credits", day="2026-11-23", hours="0"))
    assert "no outage is credited" in mary.told(mary.post("/network/credits", day="2026-12-01", hours=""))
    assert gatluak.get("/network/credits").status_code == 403
    assert gatluak.post("/network/credits", day="2026-11-23", hours="1").status_code == 403
    assert kiden.post("/network/credits", day="2026-11-23", hours="1").status_code in {302, 303, 403}
    said = mary.get("/network/credits").text
    assert (said.count("01/12/2026"), said.count("23/11/2026 12:00")) == (1, 2)


def test_gatluak_says_that_a_router_is_out_of_use(gatluak: Any, parts: Any, town: Any) -> None:
    page = f"/routers/{town.routers['munuki']}"
    form = {"name": "munuki", "area": "Munuki", "host": "127.0.0.1", "port": "2", "username": "api"}
    gatluak.told(gatluak.post(page, **form, access_by="api", watched="no"))
    assert gatluak.get(page).text.count("not watched") == 1
    assert gatluak.get("/routers").text.count("not watched") == 1
    assert "Munuki" not in gatluak.get("/network/outages/areas.csv").text
    gatluak.told(gatluak.post(page, **form, access_by="api", watched="yes"))
    assert "Munuki" in gatluak.get("/network/outages/areas.csv").text
    assert "not watched" not in gatluak.get(page).text
