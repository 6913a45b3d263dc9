"""Answers dialled behind the code: answered at once, by numbers that never change, and never paying."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import text

from core.clock import FixedClock
from core.parts import Parts
from tests.town import KIDEN, Call, Town, count, snapshot

Calling = Callable[..., Call]
ALL_BEHIND = ("2", "1", "11", "1", "2")


def test_a_customer_who_dials_further_lands_there_at_once(calling: Calling) -> None:
    by_steps = calling()
    by_steps.dial()
    there = by_steps.press("2", "1")
    assert calling(session="deep").dial("2", "1") == there


def test_what_was_dialled_goes_on_by_single_keys(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial("2", "1")
    assert call.press("11", "1", "2").startswith("END")
    assert count(parts, "payment_intent") == 1


def test_a_stranger_is_welcomed_first_and_then_goes_where_they_dialled(calling: Calling, parts: Parts) -> None:
    known = calling()
    there = known.dial("2", "1")
    stranger = calling(session="stranger", phone=KIDEN)
    welcome = stranger.dial("2", "1")
    assert "English" in welcome
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 0
    assert stranger.press("1") == there
    assert stranger.press("11", "1", "2").startswith("END")
    assert count(parts, "payment_intent") == 1


def test_a_strangers_deep_dial_survives_a_lost_redis(calling: Calling, redis: Redis, parts: Parts) -> None:
    for lost_before in (1, 2, 3, 4):
        call = calling(phone=f"+21192200000{lost_before}", session=str(lost_before))
        call.dial("2", "1")
        screen = ""
        for number, key in enumerate(("1", "11", "1", "2"), 1):
            if number == lost_before:
                redis.flushall()
            screen = call.press(key)
        assert screen.startswith("END Approve SSP 300"), lost_before
        assert count(parts, "payment_intent") == lost_before


@pytest.mark.parametrize("way", ["1", "2"])
def test_a_deep_dial_never_pays(way: str, calling: Calling, town: Town, parts: Parts, redis: Redis) -> None:
    town.give(town.achol, 1000)
    before = snapshot(parts, besides=("ussd_session",))
    dialled = (*ALL_BEHIND[:-1], way)
    call = calling()
    screen = call.dial(*dialled)
    assert screen.startswith("CON")
    assert "SSP 300" in screen  # the price is shown before anything is agreed to
    redis.flushall()
    assert call.hop("*".join(dialled)) == screen
    assert snapshot(parts, besides=("ussd_session",)) == before
    assert call.press(way).startswith("END")
    assert count(parts, "payment_intent") + count(parts, "token") == 1


def test_a_strangers_deep_dial_never_pays_either(calling: Calling, parts: Parts) -> None:
    call = calling(phone=KIDEN)
    call.dial(*ALL_BEHIND)
    assert call.press("1").startswith("CON")
    assert count(parts, "payment_intent") == 0


def test_a_plan_withdrawn_since_the_poster_was_printed_says_so_and_shows_the_others(
    calling: Calling, parts: Parts, clock: FixedClock
) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE plan SET withdrawn_at = :now WHERE code = '1H'"), {"now": clock.now()})
    screen = calling().dial("2", "1", "11", "1")
    assert screen.startswith("CON")
    assert "3 hours" in screen


def test_a_very_long_deep_dial_is_answered_without_effect(calling: Calling, parts: Parts) -> None:
    before = snapshot(parts, besides=("ussd_session",))
    assert calling().dial(*["2"] * 300).startswith(("CON", "END"))
    assert snapshot(parts, besides=("ussd_session",)) == before


def close_munuki(parts: Parts, clock: FixedClock) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET closed_at = :at WHERE code = 12"), {"at": clock.now() - timedelta(days=1)})


def test_a_posters_code_leads_on_also_where_it_is_the_only_network(
    calling: Calling, parts: Parts, clock: FixedClock
) -> None:
    with_two = calling(session="two")
    where = with_two.dial("2", "1", "11")
    close_munuki(parts, clock)
    clock.advance(seconds=10)
    call = calling(session="one")
    assert call.dial("2", "1", "11") == where
    assert call.press("1", "2").startswith("END Approve SSP 300")
    short = calling(session="short")
    short.dial("00")
    assert short.press("2", "1") == where  # nobody needs the code
    assert short.press("11") == where
    assert "Choose a number" in short.press("12")  # the poster of a network that is closed
    assert count(parts, "payment_intent") == 1


def test_a_posters_code_of_the_only_network_is_rebuilt_when_redis_is_lost(
    calling: Calling, parts: Parts, clock: FixedClock, redis: Redis
) -> None:
    close_munuki(parts, clock)
    call = calling()
    call.dial("2", "1", "11", "1")
    redis.flushall()
    assert call.press("2").startswith("END Approve SSP 300")
    assert count(parts, "payment_intent") == 1


@pytest.mark.parametrize("dialled", ["*384*77*2*1#", "*384*77*2*1", "2*1#", "*2*1#", "*2*1"])
def test_a_gateway_that_passes_the_dialled_string_whole_is_understood(
    dialled: str, calling: Calling, parts: Parts, redis: Redis
) -> None:
    there = calling(session="plain").dial("2", "1")
    call = calling(session="whole")
    assert call.hop(dialled) == there
    redis.flushall()
    assert call.hop(dialled) == there
    call.press("11", "1")
    redis.flushall()
    assert call.press("2").startswith("END Approve SSP 300")
    assert count(parts, "payment_intent") == 1


def test_the_bare_code_passed_whole_is_a_plain_call_that_offers_to_go_on(calling: Calling, redis: Redis) -> None:
    dropped = calling()
    menu = dropped.dial()
    there = dropped.press("2", "1")
    again = calling(session="second")
    assert "Go on" in again.hop("*384*77#")
    assert again.press("1") == there
    redis.flushall()
    assert calling(session="third").hop("*384*77#") == menu
