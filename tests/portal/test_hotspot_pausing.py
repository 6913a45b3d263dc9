"""Achol lets her token stand still on the page of those who are in, and goes on from the page of those who are not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.access.first_use import mark_first_use
from core.catalog.queries import offer_of_version
from core.catalog.set_price import open_plan, set_version
from core.tokens.sell_token import sell_token
from tests.portal.hotspot_browser import Browser, achols, browser_of, forms, goes_to_router, page_app, refused, said
from tests.portal.test_hotspot_typing import by_radius
from tests.town import ACHOL, Town, everything_agrees

__all__ = ["achols", "browser_of", "page_app"]


def bought(town: Town, pauses_max: int) -> str:
    """The code of a token of a plan with so many pauses, begun now; its router asks RADIUS."""
    by_radius(town, "juba-town")
    parts, now = town.parts, town.parts.clock.now()
    town.give(town.achol, 1000)
    with parts.db.transaction() as tx:
        one = offer_of_version(tx.connection, town.plans["1H"])
        open_plan(tx, code="PAUSE", alias=61)
        version = set_version(
            tx, code="PAUSE", valid_from=now, duration_s=one.duration_s, data_bytes=None, down_kbps=1000, up_kbps=1000,
            devices_max=1, price=one.price, pauses_max=pauses_max,
        )  # fmt: skip
        sell_token(
            tx, request_key="one", buyer=town.account_of("achol"), recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Juba Town Wi-Fi"], plan_version_id=version, now=now, ids=parts.ids,
            sealer=parts.sealer,
        )  # fmt: skip
        grant_id, user, sealed = tx.execute(text("SELECT id, username, password_sealed FROM access_grant")).one()
        mark_first_use(tx, grant_id=grant_id, used_at=now)
    return user + parts.sealer.open(sealed)


@pytest.fixture
def token(town: Town) -> str:
    return bought(town, pauses_max=1)


def led_on(browser: Browser, code: str) -> str:
    """Type it; where the router then leads."""
    return goes_to_router(browser.types(code))["dst"].removeprefix("http://127.0.0.1:1")


def test_it_stands_still_and_goes_on_by_typing_it_again(achols: Browser, token: str, town: Town, clock) -> None:
    there = achols.keep(achols.client.get(led_on(achols, token)))
    assert "You are online. 1 hour left" in said(there)
    clock.advance(minutes=20)
    paused = achols.sends(there, "/pause")
    assert "Your token stands still: its time does not run." in said(paused)
    clock.advance(hours=5)
    again = achols.types(token)
    assert "Your token stands still" in said(again)
    sent = goes_to_router(achols.follows(achols.sends(again, "/resume")))
    there = achols.client.get(sent["dst"].removeprefix("http://127.0.0.1:1"))
    assert "You are online. 40 minutes left" in said(there)
    assert refused(achols.sends(there, "/pause")) == "This cannot be paused again. Pauses in its plan: 1."
    everything_agrees(town.parts)


def test_it_goes_on_from_the_same_page_and_twice_is_once(achols: Browser, token: str, town: Town, clock) -> None:
    paused = achols.sends(achols.client.get(led_on(achols, token)), "/pause")
    clock.advance(minutes=30)
    for _tap in range(2):
        shown = achols.follows(achols.sends(paused, "/resume"))
        assert "Your token goes on. Join the Wi-Fi Juba Town Wi-Fi and type it there." in said(shown)
    goes_to_router(achols.types(token))


def test_one_that_is_over_is_not_offered_to_go_on(achols: Browser, token: str, town: Town, clock) -> None:
    with town.parts.db.transaction() as tx:
        ended = "UPDATE access_grant SET status = 'revoked', closed_at = :now"
        tx.execute(text(ended), {"now": clock.now()})
    assert refused(achols.types(token)) == "That is not possible now."


def test_whoever_has_no_pass_pauses_nothing(achols: Browser, token: str, town: Town, clock) -> None:
    there = achols.client.get(led_on(achols, token))
    (form,) = forms(there)
    for held in ("", "x", form.fields["pass"][:-3] + "AAA"):
        answer = achols.client.post("/hotspot/11/pause", data={"pass": held})
        assert refused(answer, 404) == "We could not find that."
    assert achols.client.post("/hotspot/12/pause", data=form.fields).status_code == 404
    clock.at += timedelta(minutes=61)
    assert achols.client.post("/hotspot/11/pause", data=form.fields).status_code == 404
    assert achols.client.post("/hotspot/11/resume", data=form.fields).status_code == 404
    with town.parts.db.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM token_pause")).scalar_one() == 0


def test_a_plan_without_pauses_offers_none(achols: Browser, town: Town) -> None:
    code = bought(town, pauses_max=0)
    there = achols.client.get(led_on(achols, code))
    assert "You are online. 1 hour left" in said(there)
    assert forms(there) == []
