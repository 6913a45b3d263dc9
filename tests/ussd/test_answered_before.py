"""What was done or refused is answered again as it was, whatever has changed since and whatever was lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis
from sqlalchemy import text

from core.customers.change import set_language, set_status
from core.parts import Parts
from tests.town import Call, Town, count, snapshot
from ussd.memory import Memory

Calling = Callable[..., Call]
PAY_SCREEN = ("2", "1", "11", "1")


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> Callable[[Call, str], None]:
    """A key is pressed, and the process dies between its commit and what it writes to Redis."""

    def press(call: Call, key: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Memory, "keep", lambda *_: None)
            call.press(key)
        redis.delete(f"ussd:at:{call.session}:lock")  # it frees itself after some seconds

    return press


def test_a_purchase_that_spent_the_balance_is_told_of_again_when_redis_is_lost(
    calling: Calling, town: Town, parts: Parts, redis: Redis
) -> None:
    town.give(town.achol, 400)
    call = calling()
    call.dial()
    paid = call.press(*PAY_SCREEN, "1")
    assert paid.startswith("END Paid SSP 300")
    redis.flushall()
    assert call.hop(call.text) == paid
    assert call.press("2").startswith("CON Shabaka")  # never a second way to pay for the same
    assert (count(parts, "token"), count(parts, "payment_intent")) == (1, 0)


def test_a_purchase_is_told_of_again_after_its_plan_was_withdrawn_and_its_network_closed(
    calling: Calling, parts: Parts, redis: Redis
) -> None:
    call = calling()
    call.dial()
    asked = call.press(*PAY_SCREEN, "2")
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE plan SET withdrawn_at = :at WHERE code = '1H'"), {"at": parts.clock.now()})
        tx.execute(text("UPDATE hotspot SET closed_at = :at WHERE code = 11"), {"at": parts.clock.now()})
    redis.flushall()
    assert call.hop(call.text) == asked
    assert count(parts, "payment_intent") == 1


def test_what_was_refused_stays_refused_when_redis_is_lost(
    calling: Calling, town: Town, parts: Parts, redis: Redis
) -> None:
    town.give(town.achol, 1000)
    change_status(parts, town, "suspended")
    call = calling()
    call.dial()
    refused = call.press(*PAY_SCREEN, "1")
    assert "is stopped" in refused
    change_status(parts, town, "active")
    before = snapshot(parts)
    redis.flushall()
    assert call.hop(call.text) == refused
    assert snapshot(parts) == before


def test_a_language_chosen_before_redis_was_lost_leads_on_from_where_it_led(
    calling: Calling, town: Town, redis: Redis
) -> None:
    undisturbed = calling(session="whole")
    undisturbed.dial()
    undisturbed.press("7", "3")
    there = undisturbed.press("2")
    with town.parts.db.transaction() as tx:
        set_language(tx, customer_id=town.achol.customer_id, language="en", script=None)
    call = calling(session="lost")
    call.dial()
    call.press("00")
    call.press("7", "3")
    redis.flushall()
    assert call.press("2") == there


def test_a_call_that_died_after_it_paid_is_not_offered_to_go_on_with(
    calling: Calling, town: Town, parts: Parts, dying: Callable[[Call, str], None]
) -> None:
    town.give(town.achol, 10_000)
    call = calling()
    menu = call.dial()
    call.press(*PAY_SCREEN)
    dying(call, "1")
    assert count(parts, "token") == 1
    again = calling(session="second")
    assert again.dial() == menu
    assert calling(session="third").dial() == menu
    assert count(parts, "token") == 1


def test_a_call_that_died_before_it_paid_is_still_offered(calling: Calling, dying: Callable[[Call, str], None]) -> None:
    call = calling()
    call.dial()
    where = call.press(*PAY_SCREEN[:-1])
    dying(call, PAY_SCREEN[-1])
    again = calling(session="second")
    assert "Go on" in again.dial()
    assert again.press("1") == where


def test_what_a_call_did_earlier_does_not_keep_its_later_place_from_being_offered(calling: Calling) -> None:
    call = calling()
    call.dial()
    call.press("7", "1")  # a language is set: done
    where = call.press("2", "1")
    again = calling(session="second")
    assert "Go on" in again.dial()
    assert again.press("1") == where


def test_a_call_that_pays_while_its_place_is_on_offer_is_not_gone_on_with(
    calling: Calling, town: Town, parts: Parts, redis: Redis, dying: Callable[[Call, str], None]
) -> None:
    town.give(town.achol, 10_000)
    slow = calling()
    menu = slow.dial()
    slow.press(*PAY_SCREEN)
    again = calling(session="second")
    assert "Go on" in again.dial()
    dying(slow, "1")  # the gateway had given it up; it commits all the same
    assert again.press("1") == menu
    redis.flushall()
    assert again.press("1").startswith("CON Balance")  # rebuilt, it passes the menu as well
    assert count(parts, "token") == 1


def test_a_first_dial_without_a_place_to_go_on_from_reads_no_more_than_before(
    calling: Calling, web: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    from core.db.quick import QuickStatements

    rows = QuickStatements.rows
    monkeypatch.setattr(
        QuickStatements, "rows", lambda self, name, values: (asked.append(name), rows(self, name, values))[1]
    )
    call = calling()
    call.dial()
    assert asked == ["caller", "session_begin"]
    asked.clear()
    call.press("2", "1", "11")
    assert asked == ["caller"] * 3
    asked.clear()
    calling(session="second").dial()
    assert asked == ["caller", "session_acted", "session_begin"]


def change_status(parts: Parts, town: Town, status: str) -> None:
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.achol.customer_id, status=status)
