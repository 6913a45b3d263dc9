"""The gateway's text is all there is: the same again, an earlier one, another one, or one nobody remembers."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Flask
from redis import Redis
from sqlalchemy import text

from core.catalog.set_price import set_version
from core.clock import FixedClock
from core.customers.register import register
from core.money import Money
from core.parts import Parts
from core.phones import national
from core.settings import Settings
from tests.town import ACHOL, DENG, DIGITEL_CALLER, Call, Town, count, doors, everything_agrees, snapshot

Calling = Callable[..., Call]
BY_MOMO = ("2", "1", "11", "1", "2")  # Wi-Fi, 1 hour, Juba Town, for me, by MoMo
BY_BALANCE = ("2", "1", "11", "1", "1")
DEAD_REDIS = "redis://127.0.0.1:1/0"


def test_the_same_text_again_gives_the_same_screen_and_does_nothing(calling: Calling, town: Town, parts: Parts) -> None:
    town.give(town.achol, 1000)
    call = calling()
    screens = [call.dial(), *(call.press(key) for key in BY_BALANCE)]
    assert screens[-1].startswith("END")
    before = snapshot(parts)
    assert [call.hop(call.text) for _ in range(3)] == [screens[-1]] * 3
    assert snapshot(parts) == before
    assert count(parts, "token") == 1


def test_a_late_copy_of_an_earlier_hop_gets_that_hops_screen_and_the_state_does_not_move(calling: Calling) -> None:
    call = calling()
    screens = {"": call.dial()}
    for key in BY_MOMO[:-1]:
        screen = call.press(key)
        screens[call.text] = screen
    here = call.text
    for earlier, screen in screens.items():
        assert call.hop(earlier) == screen
    assert call.hop(here) == screens[here]
    assert call.press("2").startswith("END")


def test_a_late_copy_after_the_end_pays_nothing_again(calling: Calling, parts: Parts, town: Town) -> None:
    call = calling()
    call.dial()
    call.press(*BY_MOMO)
    before = snapshot(parts)
    for cut in range(len(BY_MOMO) + 1):
        call.hop("*".join(BY_MOMO[:cut]))
    assert snapshot(parts) == before
    assert count(parts, "payment_intent") == 1


def test_a_late_copy_is_known_even_after_the_session_was_rebuilt(calling: Calling, redis: Redis) -> None:
    call = calling()
    call.dial()
    plans = call.press("2")
    call.press("1", "11")
    redis.flushall()
    pay = call.press("1")
    assert call.hop("2") == plans
    assert call.hop("2*1*11*1") == pay


def test_a_text_that_is_no_continuation_is_rebuilt_from_the_start(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("2", "1")
    balance = call.hop("1")  # not `2*1` any more: an earlier prefix it is not either
    assert "Balance" in balance
    assert call.hop("1*0") == call.hop("1*0")
    assert count(parts, "payment_intent") == 0


def test_a_longer_first_answer_is_another_answer_not_a_second_one(calling: Calling) -> None:
    call = calling()
    call.dial()
    wifi = call.press("2")
    other = call.hop("22")  # never `2` and then `2`
    assert other != wifi
    assert "Choose a number" in other


def test_redis_lost_in_mid_session_is_rebuilt_from_the_text(
    calling: Calling, redis: Redis, parts: Parts, town: Town
) -> None:
    undisturbed = calling(session="deng", phone=DENG)
    expected = [undisturbed.dial(), *(undisturbed.press(key) for key in BY_MOMO)]
    for number, lost_before in enumerate((1, 2, 3, 4, 5, None), 1):
        phone = customer(parts, number)
        call = calling(phone=phone, session=f"lost {lost_before}")
        screens = [call.dial()]
        for hop, key in enumerate(BY_MOMO, 1):
            if lost_before in (hop, None):  # None: before every hop
                redis.flushall()
            screens.append(call.press(key))
        assert screens == [screen.replace(national(DENG), national(phone)) for screen in expected], lost_before
        redis.flushall()
        assert call.hop(call.text) == screens[-1]
        assert count(parts, "payment_intent", "payer_phone = :phone", phone=phone) == 1


def test_who_registered_in_the_same_session_is_rebuilt_too(calling: Calling, redis: Redis, parts: Parts) -> None:
    for number, lost_before in enumerate((1, 2, 3, 4, 5, 6, None), 1):
        phone = f"+21192200000{number}"
        call = calling(phone=phone, session=f"lost {lost_before}")
        call.dial()
        screen = ""
        for hop, key in enumerate(("1", *BY_MOMO), 1):
            if lost_before in (hop, None):
                redis.flushall()
            screen = call.press(key)
        assert screen.startswith("END Approve SSP 300"), lost_before
        assert count(parts, "contact", "phone = :phone", phone=phone) == 1
        assert count(parts, "payment_intent") == number


def customer(parts: Parts, number: int) -> str:
    phone = f"+21192200000{number}"
    with parts.db.transaction() as tx:
        register(tx, phone=phone, language="en", script=None, through="staff", now=parts.clock.now())
    return phone


def test_buying_from_the_balance_survives_the_loss_after_it_was_paid(
    calling: Calling, redis: Redis, town: Town, parts: Parts
) -> None:
    town.give(town.achol, 1000)
    call = calling()
    call.dial()
    paid = call.press(*BY_BALANCE)
    before = snapshot(parts)
    redis.flushall()
    assert call.hop(call.text) == paid
    assert snapshot(parts) == before


def test_without_redis_every_hop_is_still_answered(settings: Settings, parts: Parts, town: Town) -> None:
    with doors(parts, DEAD_REDIS) as app:
        call = Call(app.test_client(), settings.gateway_key)
        assert "Buy Wi-Fi" in call.dial()
        assert call.press(*BY_MOMO).startswith("END")
        assert call.hop(call.text).startswith("END")
    assert count(parts, "payment_intent") == 1
    everything_agrees(parts)


def test_without_redis_a_stranger_registers_and_buys_in_one_session(
    settings: Settings, parts: Parts, town: Town
) -> None:
    with doors(parts, DEAD_REDIS) as app:
        call = Call(app.test_client(), settings.gateway_key, phone="+211922000002")
        call.dial()
        assert call.press("1", *BY_MOMO).startswith("END")
    assert count(parts, "payment_intent") == 1
    everything_agrees(parts)


def test_who_dials_again_after_a_drop_goes_on_where_they_stopped(calling: Calling, parts: Parts) -> None:
    dropped = calling()
    dropped.dial()
    where = dropped.press("2", "1", "11", "1")
    again = calling(session="second")
    offer = again.dial()
    assert "1. Go on" in offer
    assert "2. Start again" in offer
    assert again.press("1") == where
    assert again.press("2").startswith("END")
    assert count(parts, "payment_intent") == 1


def test_who_dials_again_may_start_again(calling: Calling) -> None:
    dropped = calling()
    menu = dropped.dial()
    dropped.press("2", "1")
    again = calling(session="second")
    again.dial()
    assert again.press("2") == menu
    assert calling(session="third").dial() == menu  # what was thrown away is not offered again


def test_the_offer_itself_dropped_is_made_again(calling: Calling) -> None:
    dropped = calling()
    dropped.dial()
    where = dropped.press("2", "1")
    assert "Go on" in calling(session="second").dial()
    third = calling(session="third")
    assert "Go on" in third.dial()
    assert third.press("1") == where


def test_going_on_is_rebuilt_when_redis_is_lost_after_the_offer(calling: Calling, redis: Redis, parts: Parts) -> None:
    dropped = calling()
    dropped.dial()
    where = dropped.press("2", "1", "11", "1")
    again = calling(session="second")
    again.dial()
    redis.flushall()
    assert again.press("1") == where
    redis.flushall()
    assert again.press("2").startswith("END")
    assert count(parts, "payment_intent") == 1


def test_a_finished_call_leaves_nothing_to_go_on_with(calling: Calling) -> None:
    first = calling()
    menu = first.dial()
    first.press(*BY_MOMO)
    assert calling(session="second").dial() == menu


def test_where_another_phone_stopped_is_offered_to_nobody_else(calling: Calling) -> None:
    dropped = calling()
    dropped.dial()
    dropped.press("2", "1")
    assert "Go on" not in calling(session="second", phone=DENG).dial()


def test_a_session_id_of_another_phone_gets_one_sentence_and_no_row(
    calling: Calling, parts: Parts, redis: Redis
) -> None:
    mine = calling()
    mine.dial()
    where = mine.press("2")
    before = snapshot(parts)
    thief = calling(phone=DENG)
    for hop in ("2*1*11*1*2", "2", ""):
        assert thief.hop(hop).startswith("END This call could not be read")
    assert mine.hop("2") == where
    redis.flushall()
    assert thief.hop("2*1*11*1*2").startswith("END This call could not be read")
    assert snapshot(parts) == before


def test_an_id_that_comes_back_much_later_is_a_new_session(calling: Calling, redis: Redis, clock: FixedClock) -> None:
    calling().dial()
    redis.flushall()
    clock.advance(minutes=16)
    assert "Buy Wi-Fi" in calling(phone=DENG).dial()


def test_a_state_of_an_old_version_starts_again_at_the_menu(calling: Calling, redis: Redis, parts: Parts) -> None:
    for number, stored in enumerate(
        (
            {"state": "state.of.last.year", "page": 0, "data": {}},
            {"state": "buy.pay", "page": 0, "data": {}},  # as it was before it remembered a price
            {"state": "buy.plan", "page": "x", "data": {}},
        )
    ):
        call = calling(session=str(number))
        menu = call.dial()
        remembered = json.loads(redis.get(f"ussd:at:{number}"))
        remembered[4] = stored
        redis.set(f"ussd:at:{number}", json.dumps(remembered))
        assert call.press("1") == menu, stored
        assert "Balance" in call.press("1")
        call.press("00")
    assert count(parts, "payment_intent") == 0


def test_what_redis_should_not_hold_is_as_good_as_lost(calling: Calling, redis: Redis) -> None:
    for number, stored in enumerate(("{}", "[]", "not json", '["+211921234567"]', "7")):
        call = calling(session=str(number))
        call.dial()
        redis.set(f"ussd:at:{number}", stored)
        redis.set(f"ussd:resume:{ACHOL}", stored)
        assert "Balance" in call.press("1"), stored
        call.press("00")


def test_where_an_old_version_stopped_does_not_trap_the_caller(calling: Calling, redis: Redis) -> None:
    for number, stored in enumerate(
        (
            {"state": "buy.pay", "data": {}},
            {"data": {}},
            {"state": "gone", "data": 1},
            {"state": "gone", "data": {}},
            [],
        )
    ):
        redis.set(f"ussd:resume:{ACHOL}", json.dumps(stored))
        call = calling(session=str(number))
        first = call.dial()
        if "Go on" in first:
            first = call.press("1")
        assert "Buy Wi-Fi" in first, stored


def test_a_price_that_changed_while_redis_was_lost_is_never_paid_unseen(
    calling: Calling, redis: Redis, town: Town, parts: Parts, clock: FixedClock
) -> None:
    call = calling()
    call.dial()
    assert "SSP 300" in call.press("2", "1", "11", "1")
    clock.advance(seconds=20)
    raise_price(parts, town, 900)
    redis.flushall()
    call.press("2")
    assert count(parts, "payment_intent") == 0


def test_a_closed_network_never_makes_the_rebuilt_session_pay_for_another(
    calling: Calling, redis: Redis, parts: Parts, clock: FixedClock
) -> None:
    call = calling()
    call.dial()
    call.press("2", "1", "11", "1")
    clock.advance(seconds=20)
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET closed_at = :now WHERE code = 11"), {"now": clock.now()})
    redis.flushall()
    call.press("2")
    assert count(parts, "payment_intent") == 0


def test_the_script_of_the_network_is_the_same_after_a_loss(calling: Calling, redis: Redis) -> None:
    call = calling(phone=DIGITEL_CALLER)
    call.dial()
    menu = call.press("3")
    redis.flushall()
    assert call.hop("3") == menu


def raise_price(parts: Parts, town: Town, pounds: int) -> None:
    with parts.db.transaction() as tx:
        set_version(
            tx,
            code="1H",
            valid_from=parts.clock.now(),
            duration_s=3600,
            data_bytes=None,
            down_kbps=2000,
            up_kbps=512,
            devices_max=1,
            price=Money.of(pounds, "SSP"),
        )


def test_a_second_door_of_another_process_goes_on_with_the_session(
    calling: Calling, web: Flask, parts: Parts, redis_url: str, settings: Settings
) -> None:
    here = calling()
    here.dial()
    here.press("2", "1")
    with doors(parts, redis_url) as other:
        there = Call(other.test_client(), settings.gateway_key, text=here.text)
        assert there.press("11", "1", "2").startswith("END")
    assert count(parts, "payment_intent") == 1
