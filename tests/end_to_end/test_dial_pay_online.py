"""The main job, whole: dial, pay, get online, and the end of it."""

from __future__ import annotations

import pytest

from tests.end_to_end.books import grant, on_router, paid_once_for_one_token
from tests.end_to_end.waiting import await_until

HOUR = 3600
LOOK_S = 31  # by then the town's router has been looked at again


@pytest.mark.slow
def test_a_new_caller_pays_by_momo_and_is_online_until_her_hour_is_over(house, achol):
    assert achol.dial().text.startswith("Shabaka Wi-Fi\n1. English")
    assert "2. Buy Wi-Fi" in achol.press("1").text
    assert "1. 1 hour 300" in achol.press("2").text
    assert "11. Juba Town Wi-Fi" in achol.press("1").text
    achol.press("11")
    assert "2. By MoMo" in achol.press("1").text
    screen = achol.press("2")
    assert screen.ends
    assert screen.text.startswith("Approve SSP 300 on 09")
    _pays_uses_and_ends(house, buyer=achol, payer=achol, router="juba-town", ssid="Juba Town Wi-Fi")
    assert "for 1 hour. Receipt" in achol.hears("Received SSP 300 by MoMo")


@pytest.mark.slow
def test_the_same_in_arabic_by_latin_letters_where_anothers_mtn_number_pays(house, phone_of):
    nyandeng, deng = phone_of("98"), phone_of("92")
    assert "العربية" not in nyandeng.dial().text  # her phone cannot show it
    assert nyandeng.press("3").text.startswith("Shabaka\n1. Rasid\n2. Istiri Wi-Fi")
    nyandeng.press("2", "1", "12")
    assert "2. Be MoMo" in nyandeng.press("1").text
    assert nyandeng.press("2").text.startswith("Nimra MTN yatu bi dafa, wala Orange Money (+")
    assert "Dafa SSP 300 be MoMo min 0925" in nyandeng.press("0" + deng.number[4:]).text
    screen = nyandeng.press("1")
    assert screen.ends
    assert screen.text.startswith("Wafig SSP 300 fi 0925")
    _pays_uses_and_ends(house, buyer=nyandeng, payer=deng, router="munuki", ssid="Munuki Net")
    assert "1 saa min awal istimal." in nyandeng.hears("Password")
    assert all(text.isascii() for text in nyandeng.texts())
    assert deng.texts() == []


def _pays_uses_and_ends(house, *, buyer, payer, router, ssid):
    payer.approves()
    token = buyer.gets_credentials()
    assert token.ssid == ssid
    paid_once_for_one_token(house, buyer, payer)
    _is_on_the_router_with_its_limits(house, router, token)
    assert grant(house, token).status == "waiting"
    house.skip(LOOK_S)  # nothing runs before the first use
    used_at = _logs_in(house, buyer, router, token)
    _is_over_an_hour_after_the_first_use(house, buyer, router, token, used_at)
    await_until(lambda: _all_delivered(house, buyer), what="delivery reports")
    house.is_clean()


def _is_on_the_router_with_its_limits(house, router, token):
    held = await_until(lambda: [user for user in house.router(router)["users"] if user["name"] == token.user])
    assert len(held) == 1
    assert held[0]["disabled"] == "false"
    assert held[0]["limit-uptime"] == "1h"
    assert held[0]["comment"].startswith("shabaka:")
    (profile,) = [row for row in house.router(router)["profiles"] if row["name"] == held[0]["profile"]]
    assert (profile["rate-limit"], profile["shared-users"]) == ("512k/2000k", "1")


def _logs_in(house, buyer, router, token):
    used_at = house.now()
    buyer.goes_online(router, token)
    (session,) = [session for session in house.router(router)["active"] if session["user"] == token.user]
    queues = {queue["target"]: queue["max-limit"] for queue in house.router(router)["queues"]}
    assert queues[f"{session['address']}/32"] == "512000/2000000"
    house.skip(LOOK_S)
    await_until(lambda: grant(house, token).status == "running", what="the first use to be noticed")
    noticed = grant(house, token)
    assert abs(noticed.used_at - used_at) < 5
    assert noticed.ends_at - noticed.used_at == HOUR
    assert noticed.used_at - noticed.granted_at > LOOK_S - 1
    return used_at


def _is_over_an_hour_after_the_first_use(house, buyer, router, token, used_at):
    """She is offline for most of the hour, so the router's own limit is far off: it is we who end it."""
    house.town(f"routers/{router}/logout", {"user": token.user})
    house.skip(HOUR - 300 - int(house.now() - used_at))
    assert buyer.log_in(router, token)
    house.skip(301)
    assert buyer.is_online(router, token)
    await_until(lambda: grant(house, token).status == "expired", what="the end of the hour")
    await_until(lambda: not buyer.is_online(router, token), what="the kick")
    assert on_router(house, router, token)["disabled"] == "true"
    assert not [cookie for cookie in house.router(router)["cookies"] if cookie["user"] == token.user]
    assert not buyer.log_in(router, token)


def _all_delivered(house, phone):
    states = house.rows("SELECT state FROM text_message WHERE phone = %s", phone.number)
    return states and all(row.state == "delivered" for row in states)
