"""A token's life is read from what happened to it; tokens from before are given what their code is found by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.access.first_use import mark_first_use
from core.clock import FixedClock
from core.errors import NotFound, WrongCode
from core.network.expire import expire_due
from core.tokens.fill_lookups import fill_lookups
from core.tokens.revoke_token import revoke_token
from core.tokens.token_life import TokenLife, token_life
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_sell_token import buy
from tests.town import ACHOL, Town, everything_agrees


def life(town: Town, token_id: int) -> TokenLife:
    with town.parts.db.reading() as connection:
        return token_life(connection, token_id)


def run(town: Town, statement: str) -> None:
    with town.parts.db.transaction() as tx:
        tx.execute(text(statement), {"now": town.parts.clock.now()})


@pytest.fixture
def token(town: Town) -> int:
    town.give(town.achol, 300)
    buy(town, "hop")
    with town.parts.db.reading() as connection:
        return int(connection.execute(text("SELECT id FROM token")).scalar_one())


def use(town: Town, token_id: int) -> None:
    with town.parts.db.transaction() as tx:
        grant = tx.execute(text("SELECT grant_id FROM token WHERE id = :id"), {"id": token_id}).scalar_one()
        mark_first_use(tx, grant_id=grant, used_at=town.parts.clock.now())


def test_a_token_is_made_sent_used_and_over(town: Town, token: int, clock: FixedClock) -> None:
    made = clock.now()
    assert (life(town, token).state, life(town, token).made_at) == ("made", made)
    clock.advance(seconds=5)
    run(town, "UPDATE text_message SET state = 'sent', state_at = :now")
    assert (life(town, token).state, life(town, token).sent_at) == ("sent", made + timedelta(seconds=5))
    clock.advance(minutes=5)
    use(town, token)
    assert life(town, token).state == "used"
    clock.advance(hours=2)
    expire_due(town.parts.db, clock.now())
    over = life(town, token)
    assert (over.state, over.ended_at) == ("expired", clock.now())


def test_whose_data_were_used_up_is_spent(town: Town, token: int, clock: FixedClock) -> None:
    use(town, token)
    run(town, "ALTER TABLE access_grant DISABLE TRIGGER access_grant_guard")
    run(town, "UPDATE access_grant SET data_bytes = 100, used_bytes = 100")
    run(town, "ALTER TABLE access_grant ENABLE TRIGGER access_grant_guard")
    clock.advance(hours=2)
    expire_due(town.parts.db, clock.now())
    assert life(town, token).state == "spent"


def test_one_taken_back_is_revoked_and_one_that_is_none_is_not_found(town: Town, token: int) -> None:
    with town.parts.db.transaction() as tx:
        revoke_token(
            tx, token_id=token, staff_id=town.staff["mary"], seller_id=None, why="lost", refund=False,
            now=town.parts.clock.now(),
        )  # fmt: skip
    assert life(town, token).state == "revoked"
    with pytest.raises(NotFound):
        life(town, 999)


def test_a_token_from_before_is_found_by_its_code_once_it_was_passed_over(town: Town, token: int) -> None:
    cards = Cards(town)
    run(town, "ALTER TABLE token DISABLE TRIGGER token_guard")
    run(town, "UPDATE token SET lookup = NULL")
    run(town, "ALTER TABLE token ENABLE TRIGGER token_guard")
    cards.type(cards.one(), phone=ACHOL)
    with town.parts.db.reading() as connection:
        row = connection.execute(
            text(
                "SELECT username, password_sealed FROM access_grant g JOIN token t ON t.grant_id = g.id WHERE t.id = :t"
            ),
            {"t": token},
        ).one()
    code = row.username + town.parts.sealer.open(row.password_sealed)
    with pytest.raises(WrongCode):
        cards.type(code, device="her phone")
    assert fill_lookups(town.parts.db, town.parts.sealer) == 1
    assert fill_lookups(town.parts.db, town.parts.sealer) == 0
    assert cards.type(code, device="her phone").token_id == token
    everything_agrees(town.parts)
