"""The phones of those who are called, and what pages say of routers that are down."""

from __future__ import annotations

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
    for page in ("/network", "/routers", f"/routers/{town.routers['juba-town']}"):
        shown = gatluak.get(page).text
        assert shown.count('down since <bdi dir="ltr">23/11/2026 09:30</bdi>') == 1, page
    assert "down since" not in gatluak.get(f"/routers/{town.routers['munuki']}").text
