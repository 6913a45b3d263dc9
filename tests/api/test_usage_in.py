"""Usage that equipment tells: each sample on its own, into the one ledger, once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from core.access.models import AccessGrant
from core.network.models import RouterRow
from core.partners.once import KEPT, forget_requests
from core.usage.fold import fold
from tests.api.conftest import Program, refused
from tests.radius.server import give
from tests.town import count, served

NAS = "10.9.0.1"


@pytest.fixture
def network(town, parts):
    """Both routers ask RADIUS, so nobody else reads their counters."""
    with parts.db.transaction() as tx:
        for name, address in (("juba-town", NAS), ("munuki", "10.9.0.2")):
            values = {"access_by": "radius", "nas_address": address, "radius_secret": b"x"}
            tx.execute(update(RouterRow).where(RouterRow.name == name).values(**values))
    return town


@pytest.fixture
def achol(network):
    return give(network, data_bytes=None)


@pytest.fixture
def equipment(program, network):
    return program("usage:write")


def sample(achol, clock, session_s=600, up=0, down=0, **more):
    return {
        "router": "juba-town",
        "session": "80000001",
        "username": achol.username,
        "at": (clock.at + timedelta(seconds=session_s - 3600)).isoformat(),
        "session_s": session_s,
        "up_bytes": up,
        "down_bytes": down,
    } | more


def used(parts, achol):
    fold(parts.db, parts.clock.now())
    with parts.db.reading() as connection:
        return connection.execute(
            AccessGrant.__table__.select().where(AccessGrant.id == achol.grant_id)
        ).one().used_bytes  # fmt: skip


def test_what_equipment_tells_is_counted_for_the_customer(equipment, achol, parts, clock):
    told = equipment.post(
        "/usage",
        {"samples": [sample(achol, clock, event="start", session_s=0), sample(achol, clock, 600, 1000, 9000),
                     sample(achol, clock, 900, 1500, 12_000, event="stop", cause="User-Request", mac="aa:bb:cc:00:00:01")]},
    )  # fmt: skip
    assert told.json == {"accepted": 3, "refused": []}
    assert used(parts, achol) == 13_500
    with parts.db.reading() as connection:
        (session,) = connection.execute(text("SELECT * FROM usage_session")).all()
    assert (session.source, session.nas, session.cause) == ("rest", NAS, "User-Request")
    assert session.stopped_at is not None
    assert session.mac == "AA:BB:CC:00:00:01"


BAD = [
    ({"up_bytes": -1}, "bad_sample", "up_bytes must not be below 0."),
    ({"down_bytes": 2**63}, "bad_sample", f"down_bytes must not be above {2**52}."),
    ({"up_bytes": 1.5}, "bad_sample", "up_bytes must be a whole number."),
    ({"up_bytes": True}, "bad_sample", "up_bytes must be a whole number."),
    ({"session_s": "600"}, "bad_sample", "session_s must be a whole number."),
    ({"session": ""}, "bad_sample", "session must not be empty."),
    ({"session": "x" * 201}, "bad_sample", "session may have 200 characters at most."),
    ({"username": "zero\x00"}, "bad_sample", "username has a character that cannot be kept."),
    ({"username": "x" * 254}, "bad_sample", "username may have 253 characters at most."),
    ({"username": "و" * 127}, "name_too_long", "username has 253 bytes at most."),
    ({"event": "on"}, "bad_sample", "event must be one of start, interim, stop."),
    ({"at": "yesterday"}, "bad_sample", "at must be an instant with its offset, like 2026-11-30T09:00:00Z."),
    ({"at": "2026-11-23T09:00:00"}, "bad_sample", "at must be an instant with its offset, like 2026-11-30T09:00:00Z."),
    ({"at": "2026-11-23T10:06:00Z"}, "in_the_future", "at lies in the future."),
    ({"at": "2026-10-01T10:00:00Z"}, "too_old", "at is more than 31 days ago."),
    ({"router": "nowhere"}, "unknown_router", "There is no router of this name."),
    ({"router": "munuki"}, "other_router", "This username belongs to another router."),
    ({"octets": 5}, "bad_sample", "octets is not known here."),
]


@pytest.mark.parametrize(("changed", "code", "sentence"), BAD, ids=[f"{n}-{bad[1]}" for n, bad in enumerate(BAD)])
def test_a_bad_sample_is_refused_on_its_own_and_the_others_are_counted(
    equipment, achol, parts, clock, changed, code, sentence
):
    good = sample(achol, clock, 600, 10, 20)
    told = equipment.post(
        "/usage", {"samples": [good, sample(achol, clock) | changed, sample(achol, clock, 900, 20, 40)]}
    )
    (found,) = told.json["refused"]
    assert found["message"] == sentence
    assert (found["index"], found["code"], told.json["accepted"]) == (1, code, 2)
    assert used(parts, achol) == 60


@pytest.mark.parametrize("missing", ["router", "session", "username", "at", "session_s", "up_bytes", "down_bytes"])
def test_a_sample_that_lacks_something_says_what(equipment, achol, clock, missing):
    item = sample(achol, clock)
    del item[missing]
    (found,) = equipment.post("/usage", {"samples": [item]}).json["refused"]
    assert found["message"] == f"{missing} is missing."


NAMES = ["'; DROP TABLE customer; --", "a\"b'c", "%{User-Name}", "\\' OR 1=1", "x" * 253, "أشول", "a\nb"]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_bytes_of_a_name_nobody_has_are_kept_apart_whatever_the_name(equipment, achol, parts, clock, number):
    batch = [sample(achol, clock, 600, 5, 5, username=NAMES[number]), sample(achol, clock, 600, 7, 7, session="2")]
    assert equipment.post("/usage", {"samples": batch}).json == {"accepted": 2, "refused": []}
    assert used(parts, achol) == 14
    with parts.db.reading() as connection:
        (stray,) = connection.execute(text("SELECT * FROM usage_session WHERE grant_id IS NULL")).all()
    assert stray.username == NAMES[number][:200]
    assert stray.up_total + stray.down_total == 10


def test_a_counter_that_falls_began_anew_or_wrapped_and_nothing_is_counted_twice(equipment, achol, parts, clock):
    said = [(300, 2**32 - 100), (600, 400), (900, 1_000_400), (1200, 100)]  # wrapped, went on, was set back
    batch = [sample(achol, clock, at, 0, down) for at, down in said]
    for order in (batch[::-1], batch):
        assert equipment.post("/usage", {"samples": order}).json["accepted"] == 4
    assert used(parts, achol) == 2**32 + 1_000_400 + 100


def test_a_router_whose_counters_we_read_ourselves_is_not_counted_twice(equipment, achol, parts, clock):
    with parts.db.transaction() as tx:
        tx.execute(update(RouterRow).where(RouterRow.name == "juba-town").values(access_by="api"))
    (found,) = equipment.post("/usage", {"samples": [sample(achol, clock, 600, 5, 5)]}).json["refused"]
    assert found["code"] == "router_is_read"
    assert used(parts, achol) == 0


def test_a_key_of_one_router_tells_of_no_other(program, achol, network, clock, parts):
    munuki = program("usage:write", router="munuki")
    theirs = give(network, router="munuki", data_bytes=None)
    own = {name: value for name, value in sample(theirs, clock, 600, 1, 2).items() if name != "router"}
    told = munuki.post("/usage", {"samples": [sample(achol, clock), own]}).json
    assert told["accepted"] == 1
    assert told["refused"][0]["message"] == "This key speaks for the router munuki alone."
    assert used(parts, theirs) == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The body must be JSON."),
        (b"{", "The body must be JSON."),
        (b"\xff\xfe", "The body must be JSON."),
        (b"[" * 20_000, "The body must be JSON."),
        (b'{"samples": NaN}', "The body must be JSON."),
        (b'{"samples": [' + b"9" * 5000 + b"]}", "The body must be JSON."),
        (b"[]", "The body must be an object."),
        (b"{}", "samples is missing."),
        (b'{"samples": []}', "samples must not be empty."),
        (b'{"samples": {}}', "samples must be a list."),
        (b'{"samples": [3]}', "samples[0] must be an object."),
        (b'{"samples": [' + b"{}," * 200 + b"{}]}", "samples may have 200 items at most."),
    ],
    ids=[
        "empty",
        "half",
        "no-utf8",
        "deep",
        "nan",
        "long-number",
        "list",
        "nothing",
        "none",
        "object",
        "number",
        "many",
    ],
)
def test_a_body_that_is_no_batch_is_refused_with_one_sentence(equipment, parts, data, sentence):
    assert refused(equipment.post("/usage", data=data), 400, "bad_request") == sentence
    assert count(parts, "usage_inbox") == 0


def test_a_body_that_is_too_long_is_not_read(equipment):
    refused(equipment.post("/usage", data=b" " * (64 * 1024 + 1)), 413, "too_large")


def test_the_longest_batch_fits_into_a_body(equipment, achol, clock):
    longest = sample(achol, clock, 600, 10**12, 10**12, mac="AA:BB:CC:00:00:01", address="10.100.100.100", event="stop")
    told = equipment.post("/usage", {"samples": [longest | {"session": f"{n:08}"} for n in range(200)]})
    assert told.json == {"accepted": 200, "refused": []}


def test_the_same_key_and_body_get_the_same_answer_and_do_nothing(equipment, achol, parts, clock):
    body = {"samples": [sample(achol, clock, 600, 5, 5), sample(achol, clock, up=-1)]}
    first = equipment.post("/usage", body, once="batch-1")
    again = equipment.post("/usage", body, once="batch-1")
    assert (again.json, again.status_code) == (first.json, first.status_code)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(parts, "usage_inbox") == 1


def test_the_same_key_with_another_body_is_refused(equipment, achol, parts, clock):
    equipment.post("/usage", {"samples": [sample(achol, clock, 600, 5, 5)]}, once="batch-1")
    other = equipment.post("/usage", {"samples": [sample(achol, clock, 900, 6, 6)]}, once="batch-1")
    assert refused(other, 422, "key_reused").startswith("This Idempotency-Key came before with another content.")
    assert count(parts, "usage_inbox") == 1


def test_another_programs_key_of_the_same_name_is_another_key(equipment, program, achol, parts, clock):
    body = {"samples": [sample(achol, clock, 600, 5, 5)]}
    for each in (equipment, program("usage:write")):
        assert "Idempotent-Replayed" not in each.post("/usage", body, once="batch-1").headers
    assert count(parts, "api_request") == 2


def test_what_broke_is_not_kept_and_may_be_sent_again(equipment, achol, parts, clock, monkeypatch):
    body = {"samples": [sample(achol, clock, 600, 5, 5)]}
    with monkeypatch.context() as broken:
        broken.setattr("api.v1.usage.take_usage", lambda *_said, **_more: 1 / 0)
        refused(equipment.post("/usage", body, once="batch-1"), 500, "broken")
    assert equipment.post("/usage", body, once="batch-1").json["accepted"] == 1


@pytest.mark.parametrize("wrong", [" ", "x" * 201, "é"])
def test_a_key_of_a_request_that_is_none_is_refused(equipment, achol, clock, wrong):
    sentence = refused(equipment.post("/usage", {"samples": [sample(achol, clock)]}, once=wrong), 400, "bad_request")
    assert sentence.startswith("Idempotency-Key must have 1 to 200")


def test_of_many_threads_with_one_key_one_does_it_and_all_hear_the_same(api, key_for, achol, parts, clock):
    key = key_for("usage:write")
    body = {"samples": [sample(achol, clock, 600, 5, 5)]}
    began = threading.Barrier(8)
    answers = []

    def send():
        sender = Program(api.test_client(), key)
        began.wait()
        answers.append(sender.post("/usage", body, once="batch-1"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json for answer in answers] == [{"accepted": 1, "refused": []}] * 8
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert count(parts, "usage_inbox") == 1


def test_of_two_threads_with_one_key_and_two_bodies_one_is_refused(api, key_for, achol, parts, clock):
    key = key_for("usage:write")
    began = threading.Barrier(2)
    statuses = []

    def send(down):
        sender = Program(api.test_client(), key)
        began.wait()
        statuses.append(sender.post("/usage", {"samples": [sample(achol, clock, 600, 5, down)]}, once="k").status_code)

    threads = [threading.Thread(target=send, args=(down,)) for down in (5, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 422]
    assert count(parts, "usage_inbox") == 1


def test_answers_are_forgotten_after_a_week(equipment, achol, parts, clock):
    equipment.post("/usage", {"samples": [sample(achol, clock)]}, once="batch-1")
    for later, gone in ((timedelta(0), 0), (KEPT - timedelta(seconds=1), 0), (KEPT, 1)):
        assert forget_requests(parts.db, clock.at + later) == gone


def test_over_a_real_socket_a_client_that_hangs_up_and_sends_again_is_counted_once(api, key_for, achol, parts, clock):
    import requests

    with served(api) as url:
        headers = {"Authorization": f"Bearer {key_for('usage:write')}", "Idempotency-Key": "batch-1"}
        body = {"samples": [sample(achol, clock, 600, 5, 5)]}
        for _time in range(2):
            answer = requests.post(f"{url}/api/v1/usage", json=body, headers=headers, timeout=10)
            assert answer.json() == {"accepted": 1, "refused": []}
    assert used(parts, achol) == 10
