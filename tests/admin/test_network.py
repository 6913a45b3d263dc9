"""What routers do not hold as they should is seen by those who can do something about it."""

from datetime import timedelta

from sqlalchemy import text

from core.customers.queries import account
from core.tokens.sell_token import sell_token
from tests.town import ACHOL


def sell(parts, town) -> int:
    town.give(town.achol, 5000)
    with parts.db.transaction() as tx:
        sold = sell_token(
            tx,
            request_key="sale",
            buyer=account(tx.connection, town.achol.customer_id),
            recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Munuki Net"],
            plan_version_id=town.plans["1H"],
            now=parts.clock.now(),
            ids=parts.ids,
            sealer=parts.sealer,
        )
        query = text("SELECT grant_id FROM token WHERE id = :id")
        return int(tx.execute(query, {"id": sold.token_id}).scalar_one())


def test_a_token_that_its_router_refuses_is_counted_and_shown_with_the_reason(mary, parts, town):
    grant_id = sell(parts, town)
    assert "Not on their router" not in mary.get("/network").text  # it was sold this moment
    with parts.db.transaction() as tx:
        refused = text("UPDATE placement SET tries = 3, last_error = :error WHERE grant_id = :id")
        tx.execute(refused, {"error": "failure: <b>full</b>", "id": grant_id})
    page = mary.get("/network").text
    assert "Not on their router as they should be" in page
    assert "failure: &lt;b&gt;full" in page
    assert "tries:" in page
    assert "Achol" in page
    assert "Munuki Net" in page
    assert "refused by a router" in mary.get("/").text
    assert mary.get("/").text.count('class="some"') == 1


def test_a_token_that_nobody_told_its_router_of_is_shown_after_a_while(mary, parts, town, clock):
    sell(parts, town)
    clock.advance(seconds=timedelta(minutes=6).total_seconds())
    assert "Not on their router as they should be" in mary.get("/network").text


def test_the_network_is_not_shown_to_a_cashier(desk_of):
    rose = desk_of("rose")
    assert rose.get("/network").status_code == 403
    assert "refused by a router" not in rose.get("/").text
