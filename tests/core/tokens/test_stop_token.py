"""A token is stopped: nobody is online with it any more, and what was paid stays paid."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.errors import NotFound, NotPossibleNow
from core.money import Money
from core.parts import Parts
from core.tokens.stop_token import stop_token
from tests.core.tokens.test_sell_token import buy
from tests.town import Town, everything_agrees, snapshot


def sold(town: Town) -> str:
    town.give(town.achol, 300)
    buy(town, "hop-1")
    with town.parts.db.reading() as connection:
        return connection.execute(text("SELECT username FROM access_grant")).scalar_one()


def stop(parts: Parts, username: str) -> None:
    parts.db.run(lambda tx: stop_token(tx, username=username, now=parts.clock.now()))


@pytest.mark.parametrize("begun", [False, True])
def test_it_is_over_at_once_and_its_router_is_to_disable_it(
    town: Town, parts: Parts, bells: list[str], begun: bool
) -> None:
    name = sold(town)
    if begun:
        with parts.db.transaction() as tx:
            tx.execute(
                text(
                    "UPDATE access_grant SET status = 'running', first_used_at = :at, ends_at = :at + interval '1 hour'"
                ),
                {"at": parts.clock.now()},
            )
    bells.clear()
    stop(parts, name)
    with parts.db.reading() as connection:
        query = "SELECT g.status, g.closed_at, p.wanted FROM access_grant g JOIN placement p ON p.grant_id = g.id"
        assert tuple(connection.execute(text(query)).one()) == ("revoked", parts.clock.now(), "disabled")
    assert "router" in bells
    assert town.balance(town.achol) == Money.of(0, "SSP")
    everything_agrees(parts)


def test_what_is_over_or_was_never_sold_is_not_stopped(town: Town, parts: Parts) -> None:
    name = sold(town)
    stop(parts, name)
    before = snapshot(parts)
    with pytest.raises(NotPossibleNow) as again:
        stop(parts, name)
    assert again.value == NotPossibleNow(what="token", state="revoked")
    with pytest.raises(NotFound):
        stop(parts, "kiden1")
    assert snapshot(parts) == before
