"""A card typed behind *384*77*13#, and a token that moves: once, however often the hop comes; the code is in no row."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from core.parts import Parts
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_sell_token import buy
from tests.town import ACHOL, DENG, Call, Town, count, snapshot, texts_to

WRONG = "acdefhjkmnprtw"


def test_a_card_typed_by_dialling_and_its_hop_again(calling: Callable[..., Call], town: Town, parts: Parts) -> None:
    code = Cards(town).one()
    call = calling()
    call.dial("13")
    good = call.press(f"{code[:4].upper()} {code[4:]}")
    assert good == "END The card is good. The user name and password come by SMS."
    before = snapshot(parts)
    assert call.hop(call.text) == good
    assert snapshot(parts) == before
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token"]
    with parts.db.reading() as connection:
        for table in before:
            rows = str(connection.execute(text(f"SELECT string_agg(t::text, ' ') FROM {table} t")).scalar())
            assert code not in rows.lower().replace(" ", ""), table


def test_a_guess_is_counted_once_a_hop(calling: Callable[..., Call], parts: Parts) -> None:
    call = calling()
    call.dial("13")
    wrong = call.press(WRONG)
    assert wrong == "END That code is not right. Look at it and type it again."
    assert call.hop(call.text) == wrong
    assert count(parts, "token_guess", "kind = 'phone' AND misses = 1") == 1
    assert count(parts, "token") == 0


def test_a_code_dialled_behind_the_number_is_asked_for_on_its_screen(
    calling: Callable[..., Call], town: Town, parts: Parts
) -> None:
    code = Cards(town).one()
    assert calling().dial("13", code).startswith("CON Type the code on the card.")
    assert count(parts, "ussd_session", "dialled = '13*[redacted]'") == 1


def test_a_token_moves_once(calling: Callable[..., Call], town: Town, parts: Parts) -> None:
    town.give(town.achol, 300)
    buy(town, "hop")
    call = calling()
    call.dial("4", "1", "2")
    assert "to 0991 234 567?" in call.press("0991234567")
    moved = call.press("1")
    assert moved == "END Moved. The new password goes by SMS to 0991 234 567."
    assert call.hop(call.text) == moved
    assert [template for template, _shown in texts_to(parts, DENG)] == ["token"]
    assert count(parts, "token", "moved_from_id IS NOT NULL") == 1
