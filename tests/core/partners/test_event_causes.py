"""What is told, and of what: every cause, however it comes into the books."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from core.access.grant import Limits, grant
from core.db.migrations.guards_0015 import MOVES
from core.network.models import RouterOutage
from core.partners.kinds import KINDS
from core.subscriptions.states import MOVES as VERBS
from core.tokens.models import Token
from core.tokens.sell_token import sell_token
from core.usage.alert import mark_told


def told(parts):
    with parts.db.reading() as connection:
        rows = connection.execute(text("SELECT kind, at, body FROM partner_event ORDER BY id"))
        return [(row.kind, row.at, row.body) for row in rows]


def test_the_database_and_the_code_know_the_same_kinds_and_verbs():
    assert set(MOVES) <= set(VERBS)
    assert set(MOVES.values()) == {kind for kind in KINDS if kind.startswith("service.")}


def test_a_token_sold_is_told_without_who_it_is_for(town, parts):
    town.give(town.achol, 1000)
    with parts.db.transaction() as tx:
        sell_token(
            tx, request_key="k", buyer=town.account_of("achol"), recipient_phone=town.deng.main_phone,
            hotspot_id=town.hotspots["Munuki Net"], plan_version_id=town.plans["1H"], now=parts.clock.now(),
            ids=parts.ids, sealer=parts.sealer,
        )  # fmt: skip
    kind, at, body = told(parts)[-1]
    assert (kind, at) == ("token.sold", parts.clock.now())
    assert body.pop("token") > 0
    assert body == {"customer": town.achol.number, "hotspot": 12, "amount_minor": 30_000, "currency": "SSP"}


def test_a_token_for_cash_is_told_without_a_customer_and_one_that_is_given_or_moved_is_no_sale(town, parts):
    town.give(town.achol, 1000)
    with parts.db.transaction() as tx:
        first = sell_token(
            tx, request_key="k", buyer=town.account_of("achol"), recipient_phone=town.deng.main_phone,
            hotspot_id=town.hotspots["Munuki Net"], plan_version_id=town.plans["1H"], now=parts.clock.now(),
            ids=parts.ids, sealer=parts.sealer,
        ).token_id  # fmt: skip
    before = len(told(parts))
    for origin, price, moved in (("cash", 300, None), ("given", 0, None), ("cash", 300, first)):
        with parts.db.transaction() as tx:
            grant_id = grant(
                tx, router_id=town.routers["munuki"], limits=Limits(3600, None, 1000, 1000, 1), now=parts.clock.now(),
                ids=parts.ids, sealer=parts.sealer,
            ).grant_id  # fmt: skip
            tx.execute(
                insert(Token).values(
                    request_key=f"{origin} {moved}", origin=origin, seller_id=town.deng.customer_id,
                    recipient_phone=town.deng.main_phone, hotspot_id=town.hotspots["Munuki Net"],
                    plan_version_id=town.plans["1H"], grant_id=grant_id, price_minor=price, currency="SSP",
                    moved_from_id=moved, sold_at=parts.clock.now(),
                )
            )  # fmt: skip
    ((kind, _at, body),) = told(parts)[before:]
    assert kind == "token.sold"
    assert (body["customer"], body["amount_minor"]) == (None, 300)


def test_a_share_of_the_data_is_told_and_other_alerts_are_not(provider, parts):
    provider.on("2026-11-05")
    service = provider.service(provider.begins("DATA"))
    before = len(told(parts))
    for kind in ("share:80:50000000000", "share:80:50000000000", "step:day:512", "share:x:y"):
        with parts.db.transaction() as tx:
            mark_told(tx, grant_id=service.grant_id, period_from=provider.today, kind=kind, now=provider.clock.now())
    ((kind, _at, body),) = told(parts)[before:]
    assert kind == "usage.share_reached"
    assert body == {
        "service": service.number,
        "customer": provider.town.achol.number,
        "percent": 80,
        "allowance_bytes": 50_000_000_000,
    }


def test_an_outage_is_told_when_it_begins_and_when_it_is_over(town, parts):
    began, ended = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
    with parts.db.transaction() as tx:
        tx.execute(insert(RouterOutage).values(router_id=town.routers["munuki"], area="Munuki", began_at=began))
        tx.execute(text("UPDATE router_outage SET told_at = :at"), {"at": began})
        tx.execute(text("UPDATE router_outage SET ended_at = :at"), {"at": ended})
        tx.execute(text("UPDATE router_outage SET told_up_at = :at"), {"at": ended})
    body = {"router": "munuki", "area": "Munuki", "began_at": "2026-11-23T08:00:00+00:00"}
    assert told(parts) == [("outage.began", began, body), ("outage.ended", ended, body)]


@pytest.mark.parametrize("verb", sorted(MOVES))
def test_each_verb_is_told_by_its_kind(provider, parts, verb):
    provider.on("2026-11-05")
    service = provider.service(provider.begins("HOME"))
    before = len(told(parts))
    with parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO subscription_move (subscription_id, verb, from_state, to_state, at, why, detail)"
                " VALUES (:id, :verb, 'active', 'active', :at, 'a story', '{}')"
            ),
            {"id": service.id, "verb": verb, "at": provider.clock.now()},
        )
    ((kind, _at, body),) = told(parts)[before:]
    assert kind == MOVES[verb]
    assert body["verb"] == verb
