"""The last free token of a day is given once, whoever gives it at the same moment, to a phone or as a card."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import GiftsUsedUp
from core.owners.change_owner import set_giveaways
from core.owners.give_cards import give_cards
from core.tokens.sell_cards import CardsSold
from tests.core.owners.stall import Stall
from tests.core.tokens.cards import Cards


def allow(stall: Stall, day_max: int) -> None:
    owner_id = stall.town.deng.customer_id
    stall.parts.db.run(lambda tx: set_giveaways(tx, owner_id=owner_id, day_max=day_max, once_per_phone_day=False))


def give(stall: Stall, batch: int, first: int, last: int, key: str) -> CardsSold:
    now, mary = stall.parts.clock.now(), stall.town.staff["mary"]
    return stall.parts.db.run(
        lambda tx: give_cards(tx, request_key=key, batch_id=batch, first=first, last=last, staff_id=mary, now=now)
    )


def test_of_a_hundred_who_give_the_last_free_token_at_once_one_does(stall: Stall) -> None:
    allow(stall, 3)
    stall.gives("first", to="+211921000001")
    stall.gives("second", to="+211921000002")

    def attempt(number: int) -> str:
        try:
            stall.gives(f"last {number}", to=f"+2119220{number:05}")
        except GiftsUsedUp as refusal:
            return f"none of {refusal.most}"
        return "given"

    with ThreadPoolExecutor(100) as pool:
        outcomes = sorted(pool.map(attempt, range(100)))
    assert outcomes == ["given"] + ["none of 3"] * 99
    assert stall.rows("SELECT number FROM owner_gift ORDER BY number") == [(1,), (2,), (3,)]
    assert stall.rows("SELECT count(*) FROM token WHERE origin = 'given'") == [(3,)]


def test_cards_given_away_are_of_the_days_free_tokens(stall: Stall) -> None:
    allow(stall, 5)
    batch = Cards(stall.town).make(20).batch_id
    stall.gives("first")
    with pytest.raises(GiftsUsedUp):
        give(stall, batch, 1, 5, "too many")
    assert not give(stall, batch, 1, 3, "three").again
    assert give(stall, batch, 1, 3, "three").again
    stall.gives("the last")
    with pytest.raises(GiftsUsedUp):
        stall.gives("one more")
    with pytest.raises(GiftsUsedUp):
        give(stall, batch, 4, 4, "one card more")
    assert stall.rows("SELECT number FROM owner_gift ORDER BY number") == [(1,), (5,)]
    stall.parts.clock.advance(hours=24)
    assert give(stall, batch, 4, 8, "tomorrow").cards == 5


def test_of_cards_and_tokens_given_at_once_no_more_go_than_agreed(stall: Stall) -> None:
    allow(stall, 10)
    batch = Cards(stall.town).make(32).batch_id

    def attempt(number: int) -> bool:
        try:
            if number % 2:
                give(stall, batch, number, number, f"card {number}")
            else:
                stall.gives(f"token {number}", to=f"+2119220{number:05}")
        except GiftsUsedUp:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(attempt, range(32))).count(True) == 10
