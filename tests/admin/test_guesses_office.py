"""Guessing is seen: on the first page when it is much, who it is on a page of its own, and by a monitor."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.errors import TooManyTries, WrongCode
from core.tokens.guesses import MISSES_MAX
from tests.admin.conftest import Desk
from tests.core.tokens.cards import Cards
from tests.town import KIDEN, Town

WRONG = "acdefhjkmnprtw"


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)


def guess(cards: Cards, times: int, **by: str) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            cards.type(WRONG, **by)


def test_mary_sees_who_types_wrong_codes_and_who_is_not_listened_to(mary: Desk, cards: Cards):
    assert "Nobody types wrong codes." in mary.get("/guesses").text
    guess(cards, MISSES_MAX["phone"], phone=KIDEN)
    guess(cards, 2, device="02:00:00:00:00:01", address="10.5.50.7")
    with pytest.raises(TooManyTries):
        cards.type(WRONG, phone=KIDEN)
    page = mary.get("/guesses").text
    assert page.count("not listened to") == 1
    assert "10.5.50.7" in page
    assert page.index("all together") < page.index("10.5.50.7")


def test_much_guessing_stands_on_the_first_page_and_in_the_figures_of_a_monitor(mary: Desk, town: Town, cards: Cards):
    many = MISSES_MAX["all"] // 2
    with town.parts.db.transaction() as tx:
        now = {"now": town.parts.clock.now(), "misses": many - 1}
        tx.execute(text("INSERT INTO token_guess VALUES ('all', '', :now, :misses)"), now)
    assert f">{many - 1}<" not in mary.get("/").text
    guess(cards, 1, address="10.5.50.7")
    assert f">{many}<" in mary.get("/").text
