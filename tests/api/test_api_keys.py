"""Keys: told once, kept as a digest, held to their scopes and their pace."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from api.v1 import door
from api.v1.catalogue import OPERATIONS
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.partners.keys import keys
from core.partners.make_key import make_key, withdraw_key
from core.partners.scopes import SCOPES
from tests.api.conftest import Program, refused
from tests.town import count, snapshot


def paths(town):
    """Every operation with an address that exists."""
    for operation in OPERATIONS:
        yield operation, operation.rule.replace("<number>", town.achol.number)


def test_kiden_is_refused_at_every_route_and_changes_nothing(kiden, town, parts, api):
    before = snapshot(parts)
    strangers = [kiden, *(Program(api.test_client(), key) for key in ("", "x", "shabaka_" + "a" * 8 + "_" + "c" * 40))]
    for stranger in strangers:
        for operation, path in paths(town):
            answer = stranger.get(path) if operation.method == "GET" else stranger.post(path, {})
            assert "Send a key" in refused(answer, 401, "no_key"), operation.name
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert snapshot(parts) == before


def test_a_key_with_every_scope_but_the_one_wanted_is_refused_at_every_route(program, town, parts):
    for operation, path in paths(town):
        others = [scope for scope in SCOPES if scope not in (operation.scope, "radius:passwords")]
        wrong = program(*others)
        before = snapshot(parts, besides=("api_key",))
        answer = wrong.get(path) if operation.method == "GET" else wrong.post(path, {})
        assert refused(answer, 403, "wrong_scope") == f"This key lacks the scope {operation.scope}."
        assert snapshot(parts, besides=("api_key",)) == before


def test_nothing_of_a_key_is_kept_but_its_beginning_and_a_digest(key_for, parts):
    key = key_for("customers:read")
    with parts.db.reading() as connection:
        row = connection.execute(text("SELECT * FROM api_key")).mappings().one()
        everything = connection.execute(text("SELECT string_agg(k::text, '') FROM api_key k")).scalar_one()
        trail = connection.execute(text("SELECT string_agg(a::text, '') FROM audit_entry a")).scalar_one()
    _brand, prefix, secret = key.split("_")
    assert row["prefix"] == prefix
    assert bytes(row["digest"]) == hashlib.sha256(key.encode()).digest()
    assert secret not in everything + trail
    assert len(secret) == 40


def test_a_key_of_which_one_letter_is_wrong_lets_nobody_in(key_for, api):
    key = key_for("customers:read")
    assert Program(api.test_client(), key).get("/customers").status_code == 200
    for wrong in (key[:-1] + ("a" if key[-1] != "a" else "c"), key + "a", key[:-1], key.upper(), f"{key} x"):
        refused(Program(api.test_client(), wrong).get("/customers"), 401, "no_key")


def test_a_withdrawn_key_is_refused_from_the_next_request_on(program, parts):
    partner = program("customers:read", name="Partner")
    assert partner.get("/customers").status_code == 200
    prefix = partner.key.split("_")[1]
    with parts.db.transaction() as tx:
        assert withdraw_key(tx, prefix=prefix, now=parts.clock.now()) == "Partner"
    refused(partner.get("/customers"), 401, "no_key")
    with parts.db.transaction() as tx, pytest.raises(NotFound):
        withdraw_key(tx, prefix=prefix, now=parts.clock.now())


def test_a_name_is_free_again_once_its_key_is_withdrawn(key_for, parts):
    first = key_for("customers:read", name="Partner")
    with pytest.raises(CodeTaken):
        key_for("services:read", name="Partner")
    with parts.db.transaction() as tx:
        withdraw_key(tx, prefix=first.split("_")[1], now=parts.clock.now())
    key_for("services:read", name="Partner")
    with parts.db.reading() as connection:
        assert [(one.name, one.withdrawn_at is None) for one in keys(connection)] == [
            ("Partner", True),
            ("Partner", False),
        ]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"name": " "}, InvalidName),
        ({"name": "x" * 41}, InvalidName),
        ({"name": "two\nlines"}, InvalidName),
        ({"scopes": []}, NotPossibleNow),
        ({"scopes": ["everything"]}, NotPossibleNow),
        ({"scopes": ["radius:passwords"]}, NotPossibleNow),
        ({"router": "nowhere"}, NotFound),
        ({"requests_a_minute": 0}, NotPossibleNow),
        ({"requests_a_minute": 60_001}, NotPossibleNow),
    ],
)
def test_a_key_that_cannot_be_meant_is_not_made(parts, town, changed, refusal):
    asked = {"name": "Partner", "scopes": ["radius"]} | changed
    with pytest.raises(refusal), parts.db.transaction() as tx:
        make_key(tx, now=parts.clock.now(), ids=parts.ids, **asked)
    assert count(parts, "api_key") == 0


def test_above_its_pace_a_key_waits_for_the_next_minute_and_others_do_not(program, clock):
    busy, other = program("customers:read", requests_a_minute=3), program("customers:read")
    clock.at = clock.at.replace(second=15)
    assert [busy.get("/customers").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = busy.get("/customers")
    assert refused(answer, 429, "too_many_requests") == "This key may ask 3 times a minute. Wait 45 seconds."
    assert answer.headers["Retry-After"] == "45"
    assert other.get("/customers").status_code == 200
    clock.at += timedelta(seconds=45)
    assert busy.get("/customers").status_code == 200


def test_without_redis_nobody_is_kept_out(parts, town, key_for):
    app = Flask("alone", static_folder=None)
    app.register_blueprint(door.create_blueprint(parts, Redis(port=1)))
    partner = Program(app.test_client(), key_for("customers:read", requests_a_minute=1))
    assert [partner.get("/customers").status_code for _ in range(3)] == [200, 200, 200]


def test_when_a_key_was_last_used_is_known_to_the_minute(program, parts, clock):
    partner = program("customers:read")

    def used():
        with parts.db.reading() as connection:
            return keys(connection)[0].last_used_at

    assert used() is None
    began = clock.at
    for seconds, seen in ((0, 0), (30, 0), (60, 60)):
        clock.at = began + timedelta(seconds=seconds)
        partner.get("/customers")
        assert used() == began + timedelta(seconds=seen)


def test_every_no_is_json_of_one_sentence(program, kiden, api, parts, monkeypatch):
    partner = program("customers:read", "services:read")
    refused(partner.get("/nothing"), 404, "not_found")
    refused(partner.get("/customers/99999999"), 404, "not_found")
    refused(partner.get("/customers/a'b"), 404, "not_found")
    wrong = api.test_client().delete("/api/v1/customers", headers=partner.headers())
    assert refused(wrong, 405, "method_not_allowed")
    assert wrong.headers["Allow"] == "GET"
    assert refused(partner.get("/customers", limit=0), 400, "bad_request") == "limit must not be below 1."
    assert refused(partner.get("/customers", limit="x"), 400, "bad_request") == "limit must be a whole number."
    assert refused(partner.get("/customers", limitt=5), 400, "bad_request") == "limitt is not known here."
    assert "zero" not in refused(partner.get("/customers", phone="\x00"), 400, "bad_request")
    assert refused(partner.get("/customers", phone="12"), 422, "invalid_phone").startswith("That is not a phone")
    twice = api.test_client().get("/api/v1/customers?limit=1&limit=2", headers=partner.headers())
    assert refused(twice, 400, "bad_request") == "limit may be said once."
    assert refused(kiden.get("/"), 404, "not_found")


def test_what_breaks_inside_is_written_down_and_not_told(program, monkeypatch):
    def broken(*_said, **_more):
        raise ZeroDivisionError("the secret of the house")

    partner = program("customers:read")
    monkeypatch.setattr("api.v1.customers.customers_page", broken)
    sentence = refused(partner.get("/customers"), 500, "broken")
    assert "secret" not in sentence


def test_the_database_away_is_said_as_such(program, parts, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def away(*_said, **_more):
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    partner = program("customers:read")
    monkeypatch.setattr("api.v1.customers.customers_page", away)
    answer = partner.get("/customers")
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
