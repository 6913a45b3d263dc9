"""A card typed on a phone, in the transaction of the call or the text: one answer, one text, one guess counted."""

from __future__ import annotations

import pytest

from core.access.grant import PASSWORD_CHARS, USERNAME_CHARS
from core.codes import CODE_CHARS
from core.errors import CardNotSold, CodeUsed, NotPossibleNow, Refusal, TooManyTries, WrongCode
from core.tokens.guesses import MISSES_MAX, misses_now
from core.tokens.redeem_by_phone import count_wrong_code, redeem_by_phone
from core.tokens.stop_token import stop_token
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, KIDEN, count, everything_agrees, snapshot, texts_to

WRONG = "acdefhjkmnprtw"


def types(cards: Cards, typed: str, phone: str = ACHOL, key: str = "hop") -> int:
    """As the doors do it: refused, nothing stays but the guess."""
    parts = cards.parts
    now = parts.clock.now()
    try:
        return parts.db.run(
            lambda tx: redeem_by_phone(
                tx, request_key=key, typed=typed, phone=phone, now=now, ids=parts.ids, sealer=parts.sealer
            )
        )
    except Refusal as refusal:
        found = refusal
    parts.db.run(lambda tx: count_wrong_code(tx, found, phone=phone, now=now))
    raise found


def test_a_code_is_a_user_name_and_a_password() -> None:
    assert CODE_CHARS == USERNAME_CHARS + PASSWORD_CHARS


def test_a_card_is_texted_once_a_request_and_again_when_it_is_typed_again(cards: Cards) -> None:
    code = cards.one()
    token_id = types(cards, code.upper())
    assert [template for template, _shown in texts_to(cards.parts, ACHOL)] == ["token"]
    assert types(cards, code, key="again") == types(cards, code, key="again") == token_id
    assert [template for template, _shown in texts_to(cards.parts, ACHOL)] == ["token", "token"]
    with pytest.raises(CodeUsed):
        types(cards, code, phone=KIDEN)
    assert count(cards.parts, "token") == 1
    everything_agrees(cards.parts)


def test_what_is_not_good_leaves_nothing_but_the_guess(cards: Cards) -> None:
    unsold = cards.codes(cards.make(1, key="unsold").batch_id)[0]
    before = snapshot(cards.parts, besides=("token_guess",))
    with pytest.raises(CardNotSold):
        types(cards, unsold)
    with cards.parts.db.reading() as connection:
        assert misses_now(connection, cards.parts.clock.now()) == 0
    with pytest.raises(WrongCode):
        types(cards, WRONG)
    with cards.parts.db.reading() as connection:
        assert misses_now(connection, cards.parts.clock.now()) == 1
    assert snapshot(cards.parts, besides=("token_guess",)) == before


def test_who_guesses_too_often_is_not_listened_to_and_others_are(cards: Cards) -> None:
    code = cards.one()
    for _ in range(MISSES_MAX["phone"]):
        with pytest.raises(WrongCode):
            types(cards, WRONG, phone=KIDEN)
    with pytest.raises(TooManyTries):
        types(cards, code, phone=KIDEN)
    assert types(cards, code)


def test_a_card_that_was_taken_back_lets_nobody_in(cards: Cards) -> None:
    code = cards.one()
    types(cards, code)
    cards.parts.db.run(lambda tx: stop_token(tx, username=code[:USERNAME_CHARS], now=cards.parts.clock.now()))
    with pytest.raises(NotPossibleNow):
        types(cards, code, key="again")
