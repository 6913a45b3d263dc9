"""A `*` that a gateway leads with or a caller types: the text is taken apart again as it was put together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from core.parts import Parts
from tests.town import KIDEN, Call, Town, count, snapshot
from ussd.typed import continues, dialled_answers, inputs_since

Calling = Callable[..., Call]


@pytest.mark.parametrize(
    "texts",
    [
        ("*2", "*2*1", "*2*1*11", "*2*1*11*1", "*2*1*11*1*1"),  # the gateway leads with one
        ("*", "**2", "**2*1", "**2*1*11", "**2*1*11*1", "**2*1*11*1*1"),  # typed, or nothing was
        ("2", "2*", "2**1", "2**1*11", "2**1*11*1", "2**1*11*1*1"),  # nothing was typed
        ("2", "2**", "2***1", "2***1*11", "2***1*11*1", "2***1*11*1*1"),  # a star was
    ],
)
def test_a_text_with_more_stars_than_answers_buys_once_when_redis_is_lost(
    texts: tuple[str, ...], calling: Calling, town: Town, parts: Parts, redis: Redis
) -> None:
    town.give(town.achol, 10_000)
    call = calling()
    call.dial()
    paid = [call.hop(text) for text in texts][-1]
    assert paid.startswith("END Paid")
    before = snapshot(parts)
    redis.flushall()
    assert call.hop(texts[-1]) == paid
    assert snapshot(parts) == before
    assert count(parts, "token") == 1


def test_what_a_stranger_typed_behind_a_star_asks_for_money_once(calling: Calling, parts: Parts, redis: Redis) -> None:
    call = calling(phone=KIDEN)
    call.dial()
    for text in ("*", "**1", "**1*3", "**1*3*500", "**1*3*500*1"):
        screen = call.hop(text)
    redis.flushall()
    assert call.hop("**1*3*500*1") == screen
    assert count(parts, "payment_intent") == 1


def test_a_fault_reported_behind_a_leading_star_is_reported_once(calling: Calling, parts: Parts, redis: Redis) -> None:
    call = calling()
    call.dial()
    call.hop("*5")
    heard = call.hop("*5*1")
    redis.flushall()
    assert call.hop("*5*1") == heard
    assert count(parts, "ticket") == 1


@pytest.mark.parametrize(
    ("before", "typed", "table"), [(("2", "1", "11"), "1*1", "token"), (("3",), "500*1", "payment_intent")]
)
def test_a_star_inside_one_answer_stays_inside_when_redis_is_lost(
    before: tuple[str, ...], typed: str, table: str, calling: Calling, town: Town, parts: Parts, redis: Redis
) -> None:
    town.give(town.achol, 10_000)
    call = calling()
    call.dial()
    call.press(*before)
    asked_again = call.press(typed)
    redis.flushall()
    assert call.hop(call.text) == asked_again
    assert count(parts, table) == 0
    redis.flushall()
    assert call.press("0") != asked_again  # and what comes behind it is one answer too
    assert count(parts, table) == 0


def test_two_answers_with_stars_are_both_remembered(calling: Calling, parts: Parts, redis: Redis) -> None:
    call = calling()
    call.dial()
    call.press("3", "500*1", "*")
    there = call.press("500")
    redis.flushall()
    assert call.hop(call.text) == there
    assert "Pay SSP 500" in there
    assert call.press("1").startswith("END Approve")
    assert count(parts, "payment_intent") == 1


def test_an_answer_without_a_star_costs_no_note(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("3", "500")
    assert count(parts, "ussd_session", "starred = '{}'") == 1
    call.press("1*1")
    assert count(parts, "ussd_session", "starred = '{\"6\": 9}'") == 1


typed_answers = st.lists(st.text("012*#a٣", max_size=4), max_size=8)


@given(typed_answers, st.booleans())
def test_whatever_was_typed_is_taken_apart_as_it_was_put_together(answers: list[str], leads: bool) -> None:
    text, known, starred = "", "", {}
    for answer in answers:
        text = f"{text}*{answer}" if text or leads or answer[:1] in ("", "*") else answer
        new = text[len(known) :].removeprefix("*")
        if "*" in new:
            starred[len(text) - len(new)] = len(text)
        assert continues(known, text)
        known = text
    assert [typed for typed, _text in inputs_since(text, 0, starred)] == answers
    assert [text[: len(upto)] for _typed, upto in inputs_since(text, 0, starred)] == [
        upto for _typed, upto in inputs_since(text, 0, starred)
    ]


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("", []),
        ("2", ["2"]),
        ("2*1", ["2", "1"]),
        ("*384*77#", []),
        ("*384*77*2*1#", ["2", "1"]),
        ("*384*77*2*1", ["2", "1"]),
        ("*384*77", []),
        ("2*1#", ["2", "1"]),
        ("*2*1#", ["2", "1"]),
        ("#", []),
        ("*", []),
        ("*384*77*2*1#*11", ["2", "1", "11"]),
        ("*384*7799#", ["384", "7799"]),
        ("2#5", ["2#5"]),
    ],
)
def test_what_was_dialled_behind_the_code_is_found_however_the_gateway_gives_it(text: str, answers: list[str]) -> None:
    assert dialled_answers(text, "*384*77#") == answers
