"""A card or a token in one text: typed, moved, paused, and gone on with; its code is kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from core.access.first_use import mark_first_use
from core.parts import Parts
from core.tokens.guesses import MISSES_MAX
from core.tokens.typed_code import code_printed
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_redeem import plan
from tests.core.tokens.test_sell_token import buy
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, DENG, KIDEN, Town, count, doors, everything_agrees, snapshot, texts_to

WRONG = "acdefhjkmnprtw"


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)


@pytest.fixture
def achol(app: Flask, parts: Parts) -> Texter:
    return Texter(app, parts)


@pytest.mark.parametrize("words", ["CARD {}", "card: {}", "بطاقة {}", "kart {}", "{}"])
def test_a_card_typed_by_text_is_answered_by_how_to_log_in(
    achol: Texter, cards: Cards, parts: Parts, words: str
) -> None:
    code = cards.one()
    achol.send(words.format(code_printed(code).upper().replace("-", " ")))
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token"]
    with parts.db.reading() as connection:
        told = connection.execute(text("SELECT t.text_sealed FROM text_message t")).scalar()
        kept = connection.execute(text("SELECT shown FROM inbound_text")).scalar()
    assert code[:6] in parts.sealer.open(str(told))
    assert kept == words.format("[redacted]")


def test_who_is_no_customer_may_type_a_card_too(app: Flask, cards: Cards, parts: Parts) -> None:
    code = cards.one()
    kiden = Texter(app, parts, KIDEN)
    kiden.send(code)
    assert [template for template, _shown in texts_to(parts, KIDEN)] == ["token"]
    assert kiden.ask(f"بطاقة {WRONG}") == "هذا الرمز غير صحيح. انظر إليه واكتبه مرة أخرى."
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 0


def test_a_card_that_is_not_good_says_why(achol: Texter, app: Flask, cards: Cards, parts: Parts) -> None:
    code, unsold = cards.one(), cards.codes(cards.make(1, key="unsold").batch_id)[0]
    Texter(app, parts, DENG).send(code)
    assert achol.ask(f"CARD {code}") == "This code is in use on another phone."
    assert achol.ask(f"CARD {unsold}") == "This card is not sold yet. Whoever sells it must open it first."
    assert achol.ask("CARD acdf hjk").startswith("That code is not right. Look at it and type it again.")
    assert count(parts, "token_guess") == 0
    assert achol.ask(f"CARD {WRONG}") == "That code is not right. Look at it and type it again."
    assert count(parts, "token_guess", "kind = 'phone' AND misses = 1") == 1
    for _ in range(MISSES_MAX["phone"] - 1):
        achol.send(f"CARD {WRONG}")
    assert achol.ask(f"CARD {cards.one(campaign='late')}").startswith("Too many tries. Wait ")


def test_a_code_asked_for_is_kept_in_no_row(achol: Texter, cards: Cards, parts: Parts) -> None:
    code = cards.one()
    assert achol.ask("CARD").startswith("Type the code on the card.")
    achol.send(code)
    assert [template for template, _shown in texts_to(parts, ACHOL)][-1] == "token"
    with parts.db.reading() as connection:
        for table in snapshot(parts):
            rows = str(connection.execute(text(f"SELECT string_agg(t::text, ' ') FROM {table} t")).scalar())
            assert code not in rows.lower(), table
            assert code[6:] not in rows.lower(), table  # a user name is on lists of staff, a password never


def begin(parts: Parts) -> None:
    with parts.db.transaction() as tx:
        for grant_id in tx.execute(text("SELECT grant_id FROM token")).scalars().all():
            mark_first_use(tx, grant_id=grant_id, used_at=parts.clock.now())


def test_a_token_moves_once_it_is_agreed_to(achol: Texter, town: Town, parts: Parts) -> None:
    assert achol.ask("MOVE 0991234567").startswith("You have no token now.")
    town.give(town.achol, 300)
    buy(town, "hop")
    assert achol.ask("MOVE 0921234567") == "That is your own number."
    assert achol.ask("MOVE +254712345678") == "Only South Sudan numbers (+211) can be used here."
    assert "to 0991 234 567? Your password ends." in achol.ask("MOVE 0991 234 567")
    assert count(parts, "token") == 1
    assert achol.ask("1") == "Moved. The new password goes by SMS to 0991 234 567."
    assert [template for template, _shown in texts_to(parts, DENG)] == ["token"]
    assert count(parts, "token", "moved_from_id IS NOT NULL AND recipient_phone = :phone", phone=DENG) == 1


def test_of_several_tokens_it_is_asked_which_one_moves(achol: Texter, town: Town) -> None:
    town.give(town.achol, 600)
    buy(town, "hop")
    buy(town, "another hop")
    assert achol.ask("MOVE 0991234567").startswith("Your tokens:\n1. ")
    assert "to 0991 234 567? Your password ends." in achol.ask("2")


def test_a_token_stands_still_and_goes_on(achol: Texter, town: Town, parts: Parts) -> None:
    version = plan(town, pauses_max=1)
    assert achol.ask("PAUSE").startswith("You have no token now.")
    town.give(town.achol, 300)
    buy(town, "hop", version=version)
    assert achol.ask("PAUSE") == "This cannot be paused again. Pauses in its plan: 0."  # its time does not run yet
    begin(parts)
    assert achol.ask("CONTINUE") == "That is not possible now."
    assert achol.ask("PAUSE") == "Paused. To go on dial *384*77# and choose 4, or text CONTINUE to 7722."
    assert count(parts, "access_grant", "status = 'paused'") == 1
    assert "left, paused" in achol.ask("TOKENS")
    assert achol.ask("go on") == "Its time runs again. Log in as before."
    assert count(parts, "access_grant", "status = 'running'") == 1
    assert achol.ask("PAUSE") == "This cannot be paused again. Pauses in its plan: 1."
