"""A token at a desk: what is known of it, and stopping it for a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.core.tokens.test_sell_token import buy
from tests.town import count, snapshot


@pytest.fixture
def token(app, town):
    town.give(town.achol, 300)
    buy(town, "hop-1")
    with town.parts.db.reading() as connection:
        return connection.execute(text("SELECT username FROM access_grant")).scalar_one()


def test_mary_finds_a_token_with_its_customer_and_stops_it_for_a_reason(desk_of, town, token, parts):
    mary = desk_of("mary")
    assert f'href="/admin/tokens/{token}"' in mary.get(f"/customers/{town.achol.number}").text
    page = mary.get(f"/tokens/{token}").text
    assert "not used yet" in page
    assert "Stop it for good" in page
    told = mary.told(mary.post(f"/tokens/{token}/stop", why="it was sold to a thief"))
    assert told == "It is stopped. Whoever is online with it is sent off."
    page = mary.get(f"/tokens/{token}").text
    assert "it was sold to a thief" in page
    assert "Stop it for good" not in page
    assert count(parts, "audit_entry", "act = 'token_stopped' AND subject = :of", of=f"token:{token}") == 1
    before = snapshot(parts)
    assert mary.refused(mary.post(f"/tokens/{token}/stop", why="again")) == "This token was stopped already."
    assert snapshot(parts) == before


def test_without_a_reason_it_goes_on(desk_of, token, parts):
    mary = desk_of("mary")
    before = snapshot(parts)
    assert mary.post(f"/tokens/{token}/stop", why=" ").status_code == 422
    assert snapshot(parts) == before


def test_a_token_nobody_sold_is_not_there(desk_of, app):
    mary = desk_of("mary")
    assert mary.get("/tokens/kiden1").status_code == 404
    assert mary.post("/tokens/kiden1/stop", why="because").status_code == 404


def test_who_may_not_manage_services_sees_no_way_to_stop_one(desk_of, town, token):
    rose = desk_of("rose")
    page = rose.get(f"/customers/{town.achol.number}").text
    assert token in page
    assert "/admin/tokens/" not in page
    assert rose.post(f"/tokens/{token}/stop", why="because").status_code == 403
