"""Events read page by page: none is missed, whatever is committed when."""

from __future__ import annotations

import threading

import pytest
from openapi_schema_validator import OAS31Validator
from sqlalchemy import insert, text

from api.v1.schemas import EVENTS
from core.network.models import RouterOutage
from core.partners.kinds import KINDS
from core.tokens.sell_token import sell_token
from core.usage.alert import mark_told
from tests.api.conftest import refused


@pytest.fixture
def reader(program):
    return program("events")


def test_events_are_read_in_pages_and_a_page_without_any_is_the_end_for_now(reader, town):
    for number in range(5):
        town.give(town.achol, 500 + number, key=str(number))
    seen, cursor = [], "0"
    for wanted in (2, 2, 1, 0):
        page = reader.get("/events", limit=2, cursor=cursor).json
        assert len(page["events"]) == wanted
        seen += [one["data"]["amount_minor"] for one in page["events"]]
        cursor = page["next"]
    assert seen == [50_000, 50_100, 50_200, 50_300, 50_400]
    town.give(town.achol, 1, key="later")
    (fresh,) = reader.get("/events", cursor=cursor).json["events"]
    assert fresh["data"]["amount_minor"] == 100


def test_only_the_wanted_kind_is_read(reader, provider):
    provider.on("2026-11-05")
    provider.begins("HOME")
    found = reader.get("/events", kind="service.activated").json["events"]
    assert [one["kind"] for one in found] == ["service.activated"]
    told = refused(reader.get("/events", kind="nothing"), 400, "bad_request")
    assert told.startswith("kind must be one of service.ordered, ")


def test_an_event_that_is_committed_late_comes_behind_those_that_were_read(reader, town, parts):
    """Its row has the lower number, and a reader that went by it would never see it."""
    ready, go = threading.Event(), threading.Event()

    def slow():
        with parts.db.transaction() as tx:
            tx.execute(insert(RouterOutage).values(router_id=1, area="late", began_at=parts.clock.now()))
            ready.set()
            go.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    ready.wait(10)
    town.give(town.achol, 500)
    first = reader.get("/events").json
    assert [one["kind"] for one in first["events"]] == ["payment.received"]
    go.set()
    thread.join()
    second = reader.get("/events", cursor=first["next"]).json
    assert [one["kind"] for one in second["events"]] == ["outage.began"]


def test_a_test_event_is_nobody_elses(reader, parts, town):
    with parts.db.transaction() as tx:
        tx.execute(
            text("INSERT INTO partner_event (uid, kind, at, body) VALUES (gen_random_uuid(), 'test', :at, '{}')"),
            {"at": parts.clock.now()},
        )
    assert reader.get("/events").json["events"] == []


def test_every_kind_is_described_and_what_is_told_fits(kiden, reader, provider, parts):
    description = kiden.get("/openapi.json").json
    assert set(description["webhooks"]) == set(KINDS) == set(EVENTS)
    town = provider.town
    provider.on("2026-11-05")
    service = provider.service(provider.begins("DATA"))
    town.give(town.achol, 50_000)
    with parts.db.transaction() as tx:
        mark_told(tx, grant_id=service.grant_id, period_from=provider.today, kind="share:50:7", now=parts.clock.now())
        tx.execute(insert(RouterOutage).values(router_id=1, area="Munuki", began_at=parts.clock.now()))
        tx.execute(text("UPDATE router_outage SET ended_at = began_at"))
        sell_token(
            tx, request_key="k", buyer=town.account_of("achol"), recipient_phone=town.achol.main_phone,
            hotspot_id=town.hotspots["Munuki Net"], plan_version_id=town.plans["1H"], now=parts.clock.now(),
            ids=parts.ids, sealer=parts.sealer,
        )  # fmt: skip
    page = reader.get("/events").json
    OAS31Validator({**description, "$ref": "#/components/schemas/Events"}).validate(page)
    for event in page["events"]:
        schema = description["webhooks"][event["kind"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
        OAS31Validator({**description, **schema}).validate(event)
    assert {one["kind"] for one in page["events"]} == {
        "service.ordered", "service.activated", "payment.received", "usage.share_reached", "outage.began",
        "outage.ended", "token.sold",
    }  # fmt: skip
