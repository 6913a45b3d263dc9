"""The network is down when its token is sold: the truth is told, and the token waits for it."""

from __future__ import annotations

import pytest

from sandbox.seed import TECHNICIAN_PHONE
from tests.end_to_end.books import grant, on_router, paid_once_for_one_token
from tests.end_to_end.waiting import await_until

ROUTER = "munuki"
PATIENCE_S = 21  # of a customer, before we say that the network is off
BACKOFF_MOST_S = 61
LOOK_S = 31
DOWN_AFTER_S = 181  # of silence, and of answers
HOUR = 3600


@pytest.mark.slow
def test_a_token_sold_while_its_router_is_unplugged_works_once_it_is_back(house, achol):
    house.town(f"routers/{ROUTER}/unplug", {})
    achol.dial()
    achol.press("1", "2", "1", "12", "1", "2")
    achol.approves()
    token = achol.gets_credentials()
    failing = "SELECT failures FROM router WHERE name = %s AND failures > 0"
    await_until(lambda: house.rows(failing, ROUTER), what="a failed visit")
    house.skip(PATIENCE_S)
    achol.hears("Wi-Fi Munuki Net is off now. Your token is safe: its time starts at first use.")
    assert not achol.log_in(ROUTER, token)
    house.town(f"routers/{ROUTER}/replug", {})
    house.skip(BACKOFF_MOST_S)
    achol.hears(f"Wi-Fi Munuki Net is on again. Your token {token.user} works now.")
    assert on_router(house, ROUTER, token)["disabled"] == "false"
    assert grant(house, token).status == "waiting"
    assert achol.log_in(ROUTER, token)
    assert len([text for text in achol.texts() if "is off now" in text or "is on again" in text]) == 2
    paid_once_for_one_token(house, achol)
    house.is_clean()


@pytest.mark.slow
def test_an_hour_that_ends_while_its_router_is_away_leaves_no_cookie_behind(house, achol):
    """The router cuts her off by itself, so nobody is online when it is told: her device must not come back all the same."""
    achol.dial()
    achol.press("1", "2", "1", "12", "1", "2")
    achol.approves()
    token = achol.gets_credentials()
    achol.goes_online(ROUTER, token)
    house.skip(LOOK_S)
    await_until(lambda: grant(house, token).status == "running", what="the first use")
    house.town(f"routers/{ROUTER}/unplug", {})
    house.skip(HOUR)
    await_until(lambda: grant(house, token).status == "expired", what="the end of the hour")
    assert not achol.is_online(ROUTER, token)
    assert [cookie for cookie in house.router(ROUTER)["cookies"] if cookie["user"] == token.user]
    house.town(f"routers/{ROUTER}/replug", {})
    house.skip(BACKOFF_MOST_S)
    await_until(lambda: on_router(house, ROUTER, token)["disabled"] == "true", what="the router to be told")
    await_until(lambda: not [cookie for cookie in house.router(ROUTER)["cookies"] if cookie["user"] == token.user])
    assert not achol.log_in(ROUTER, token)
    house.is_clean()


@pytest.mark.slow
def test_a_router_that_stays_unplugged_is_told_to_its_technician_and_to_who_asks(house, achol):
    def told(words):
        return sum(
            text["to"] == TECHNICIAN_PHONE and text["text"].startswith(words)
            for text in house.town("messages")["messages"]
        )

    down, up = "No answer, since:\nmunuki Munuki ", "Answers again, was down:\nmunuki Munuki "
    failed = "SELECT 1 FROM router WHERE name = %s AND silent_since IS NOT NULL AND failures >= %s"
    heard = "SELECT 1 FROM router WHERE name = %s AND heard_since IS NOT NULL"
    house.skip(BACKOFF_MOST_S)
    await_until(lambda: house.rows(heard, ROUTER), what="a visit that is answered")
    before = told(down), told(up)
    house.town(f"routers/{ROUTER}/unplug", {})
    for failures in range(1, 4):
        house.skip(BACKOFF_MOST_S)
        await_until(lambda count=failures: house.rows(failed, ROUTER, count), what="a failed visit")
    house.skip(DOWN_AFTER_S)
    await_until(lambda: told(down) > before[0], what="the text to the technician")
    achol.dial()
    assert "Down since:\nMunuki Net " in achol.press("1", "10").text
    house.town(f"routers/{ROUTER}/replug", {})
    house.skip(BACKOFF_MOST_S)
    await_until(lambda: house.rows(heard, ROUTER), what="a visit that is answered")
    house.skip(DOWN_AFTER_S)
    await_until(lambda: told(up) > before[1], what="the text that it is up")
    assert (told(down), told(up)) == (before[0] + 1, before[1] + 1)
    still = "SELECT 1 FROM router_outage o JOIN router r ON r.id = o.router_id WHERE r.name = %s AND o.ended_at IS NULL"
    assert not house.rows(still, ROUTER)
    house.is_clean()
