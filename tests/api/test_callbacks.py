"""Callbacks of any shape from anybody: kept, 200, and at most a hint."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core.money import Money
from core.parts import Parts
from core.payments.alarms import unseen
from core.payments.open_intent import open_intent
from core.payments.settle import settle
from tests.town import ACHOL, Town, count, doors, everything_agrees, snapshot


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def url(parts: Parts) -> str:
    return f"/callbacks/mtn-momo/{parts.settings.gateway_key}"


def opened(town: Town) -> tuple[int, str]:
    parts = town.parts
    with parts.db.transaction() as tx:
        intent_id = open_intent(
            tx,
            request_key="k",
            customer=town.achol,
            payer_phone=ACHOL,
            amount=Money.of(500, "SSP"),
            purpose="topup",
            purpose_body={},
            platform="p",
            now=parts.clock.now(),
            ids=parts.ids,
        ).intent_id
    with parts.db.reading() as connection:
        return intent_id, str(connection.execute(text("SELECT reference FROM payment_intent")).scalar_one())


def due(parts: Parts) -> bool:
    return count(parts, "payment_intent", "ask_again_at <= :now", now=parts.clock.now()) == 1


def test_a_callback_for_an_intent_only_makes_us_ask(
    client: FlaskClient, url: str, town: Town, parts: Parts, bells: list[str]
) -> None:
    _intent, reference = opened(town)
    bells.clear()
    ways = (
        lambda: client.put(f"{url}/{reference}", json={"status": "FAILED"}),
        lambda: client.post(f"{url}/{reference.upper()}", data=b""),
        lambda: client.post(url, json={"externalId": reference, "status": "SUCCESSFUL", "amount": "999999"}),
        lambda: client.put(url, json={"referenceId": reference}),
        lambda: client.put(f"{url}/nonsense", json={"externalId": reference}),
    )
    for way in ways:
        with parts.db.transaction() as tx:
            tx.execute(
                text("UPDATE payment_intent SET ask_again_at = :at"), {"at": parts.clock.now().replace(year=2099)}
            )
        before = snapshot(parts, besides=("payment_intent", "provider_message", "payment_alarm"))
        assert way().status_code == 200
        assert due(parts)
        assert snapshot(parts, besides=("payment_intent", "provider_message", "payment_alarm")) == before
    assert count(parts, "payment_intent", "state = 'created'") == 1
    assert bells == ["momo.ask"] * 5


BODIES = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{",
    b'{"externalId": null}',
    b'{"externalId": {"deep": [1]}}',
    b'{"externalId": 123456789012345678901234567890123456}',
    b'{"externalId": "------------------------------------"}',
    b"[" * 30_000,
    b'{"a":' * 8_000,
    b'{"amount": 1e999999, "status": "SUCCESSFUL"}',
    b"9" * 30_000,
    b"\xff\xfe\x00\x00",
    b'{"externalId": "a\\u0000b"}',
    b"<html>Request Rejected</html>",
    "مرحبا 🙂".encode(),
]


def test_a_body_of_any_shape_is_kept_and_hints_at_nothing(
    client: FlaskClient, url: str, town: Town, parts: Parts
) -> None:
    opened(town)
    before = snapshot(parts, besides=("provider_message", "payment_alarm"))
    for number, body in enumerate(BODIES, 1):
        for kind in ("application/json", "text/plain"):
            assert client.put(url, data=body, content_type=kind).status_code == 200, body[:40]
        assert count(parts, "provider_message") == 2 * number
    assert snapshot(parts, besides=("provider_message", "payment_alarm")) == before


def test_a_callback_for_nobody_is_taken_and_hints_at_nothing(
    client: FlaskClient, url: str, town: Town, parts: Parts
) -> None:
    opened(town)
    before = snapshot(parts, besides=("provider_message", "payment_alarm"))
    for path in (str(uuid4()), "x" * 500, "%00", "abc%00def", "..", "%F0%9F%99%82"):
        assert client.post(f"{url}/{path}", json={"status": "SUCCESSFUL"}).status_code == 200, path
    assert snapshot(parts, besides=("provider_message", "payment_alarm")) == before


def test_a_stranger_and_a_giant_leave_nothing(client: FlaskClient, url: str, parts: Parts, town: Town) -> None:
    before = snapshot(parts)
    assert client.post("/callbacks/mtn-momo/wrong", json={}).status_code == 404
    assert client.post(f"/callbacks/mtn-momo/wrong/{uuid4()}", json={}).status_code == 404
    assert client.post(url, data=b"1" * 1_000_000).status_code == 413
    assert snapshot(parts) == before


VERBS = ("GET", "HEAD", "OPTIONS", "PATCH", "DELETE", "TRACE", "PROPFIND")


@pytest.mark.parametrize(
    "path",
    [
        "/callbacks/mtn-momo/{key}",
        "/callbacks/mtn-momo/{key}/x",
        "/ussd/africastalking/{key}",
        "/ussd/africastalking/{key}/events",
        "/sms/africastalking/{key}/inbound",
        "/sms/africastalking/{key}/delivery",
        "/sms/africastalking/{key}/optout",
    ],
)
def test_another_verb_is_told_nothing_whatever_the_key(
    client: FlaskClient, parts: Parts, town: Town, path: str
) -> None:
    before = snapshot(parts)
    for verb in VERBS:
        nowhere = client.open("/no-such-door", method=verb)
        for key in ("wrong", parts.settings.gateway_key):
            answer = client.open(path.format(key=key), method=verb)
            assert (answer.status_code, answer.data) == (404, nowhere.data), verb
            assert "Allow" not in answer.headers
    assert snapshot(parts) == before


def test_health_says_what_is_wrong(parts: Parts, client: FlaskClient) -> None:
    assert client.get("/health/live").text == "ok\n"
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json) == (200, {"ready": True, "faults": {}})
    with doors(parts, "redis://127.0.0.1:1/0") as without:
        sick = without.test_client().get("/health/ready")
        assert sick.status_code == 503
        assert "Redis does not answer" in sick.json["faults"]["redis"]
        assert without.test_client().get("/health/live").status_code == 200


def test_the_figures_count_what_is_open(client: FlaskClient, town: Town) -> None:
    opened(town)
    lines = client.get("/metrics").text.splitlines()
    assert "shabaka_payments_open 1" in lines
    assert "shabaka_outbox_waiting 1" in lines
    assert sum(line.startswith("# HELP") for line in lines) == sum(not line.startswith("#") for line in lines)


def alarms(parts: Parts) -> list[tuple[str, str, int]]:
    with parts.db.reading() as connection:
        return [(row.kind, row.subject, row.times) for row in unseen(connection)]


def test_sixty_callbacks_about_a_payment_of_nobody_are_one_alarm(client: FlaskClient, url: str, parts: Parts) -> None:
    for _ in range(60):
        assert client.put(f"{url}/{uuid4()}", json={"status": "SUCCESSFUL", "amount": "500"}).status_code == 200
    assert alarms(parts) == [("callback_unknown", "mtn-momo", 60)]


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ({"amount": "500", "currency": "SSP"}, False),
        ({"amount": 500, "currency": "SSP"}, False),
        ({"amount": "500.00"}, False),
        ({"status": "SUCCESSFUL"}, False),
        ({"amount": "five hundred"}, False),
        ({"amount": "5", "currency": "SSP"}, True),
        ({"amount": 50000}, True),
        ({"amount": "500", "currency": "USD"}, True),
        ({"data": {"amount": "5"}}, True),
    ],
)
def test_a_callback_that_tells_of_other_money_is_an_alarm_and_a_hint(
    body: dict, raised: bool, client: FlaskClient, url: str, town: Town, parts: Parts
) -> None:
    _intent, reference = opened(town)
    assert client.put(f"{url}/{reference}", json=body).status_code == 200
    assert alarms(parts) == ([("callback_differs", reference, 1)] if raised else [])
    assert due(parts)
    assert count(parts, "receipt") == 0


def test_a_callback_replayed_a_year_after_the_payment_does_nothing(
    client: FlaskClient, url: str, town: Town, parts: Parts
) -> None:
    intent, reference = opened(town)
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        settle(tx, intent_id=intent, provider_reference="4711", now=now, why={}, fulfil={"topup": lambda *_facts: None})
    parts.clock.advance(days=365)
    before = snapshot(parts, besides=("provider_message",))
    assert client.put(f"{url}/{reference}", json={"status": "SUCCESSFUL", "amount": "500"}).status_code == 200
    assert snapshot(parts, besides=("provider_message",)) == before


@pytest.mark.parametrize(
    "body", [{"notif_token": "n" * 32, "status": "SUCCESS", "txnid": "MP15"}, {"data": {"payToken": "MP77"}}]
)
def test_orange_is_heard_by_the_tokens_it_handed_out(body: dict, client: FlaskClient, town: Town, parts: Parts) -> None:
    opened(town)
    with parts.db.transaction() as tx:
        tx.execute(
            text("UPDATE payment_intent SET ask_again_at = :at, notify_token = :notify, provider_token = 'MP77'"),
            {"at": parts.clock.now().replace(year=2099), "notify": "n" * 32},
        )
    assert client.post(f"/callbacks/orange-money/{parts.settings.gateway_key}", json=body).status_code == 200
    assert due(parts)
    wrong = client.post(f"/callbacks/orange-money/{parts.settings.gateway_key}", json={"notif_token": "x" * 32})
    assert wrong.status_code == 200
    assert alarms(parts) == [("callback_unknown", "orange-money", 1)]
    assert client.post("/callbacks/orange-money/another-key-of-16", json=body).status_code == 404
