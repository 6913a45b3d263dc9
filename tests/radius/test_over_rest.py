"""FreeRADIUS that asks us over HTTP (`deploy/freeradius-rest`): the same leave as by the database, to the letter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import update

from api.v1 import door
from core.access.models import AccessGrant
from core.partners.make_key import make_key, withdraw_key
from core.usage.fold import fold
from tests.radius.server import OTHER_ROUTER, ROUTER, SECRET, SIGNED, Radius, free_port, give, rows, running, stands
from tests.town import served

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "freeradius-rest"
MODULE = Path("/usr/lib/freeradius/rlm_rest.so")
pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="needs freeradius-rest; `make test` installs it for root")


@pytest.fixture
def key(parts, network):
    with parts.db.transaction() as tx:
        scopes = ["radius", "radius:passwords"]
        return make_key(tx, name="rest", scopes=scopes, now=parts.clock.now(), ids=parts.ids).key


@contextmanager
def asking(url: str, key: str, log: Path) -> Iterator[Radius]:
    auth, acct = free_port(), free_port()
    environ = os.environ | {
        "SHABAKA_API_URL": url,
        "SHABAKA_API_KEY": key,
        "SHABAKA_RADIUS_ADDRESS": "127.0.0.1",
        "SHABAKA_RADIUS_AUTH_PORT": str(auth),
        "SHABAKA_RADIUS_ACCT_PORT": str(acct),
        "SHABAKA_RADIUS_CLIENTS": "127.0.0.0/8",
        "SHABAKA_RADIUS_SECRET": SECRET,
        "SHABAKA_RADIUS_FOLDER": str(FOLDER),
    }
    with running(FOLDER, environ, log):
        yield Radius(auth, acct)


@pytest.fixture
def web(parts, redis_url) -> Iterator[str]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        app = Flask("api", static_folder=None)
        app.register_blueprint(door.create_blueprint(parts, redis))
        with served(app) as url:
            yield url


@pytest.fixture
def rest(web, key, tmp_path) -> Iterator[Radius]:
    with asking(web, key, tmp_path / "rest.log") as server:
        yield server


def told(answer: Any) -> dict[str, str]:
    """What is told, but for what differs at each packet and with each password."""
    return {name: value for name, value in answer.attributes.items() if name != SIGNED and not name.startswith("MS-")}


@pytest.mark.parametrize("how", ["PAP", "CHAP", "MS-CHAP", "MS-CHAPv2"])
def test_over_http_and_by_the_database_the_same_is_told(radius, rest, network, how):
    one, other = give(network, data_bytes=6 * 2**30 + 7), give(network, data_bytes=6 * 2**30 + 7)
    by_database = radius.log_in(one.username, one.password, how=how)
    over_http = rest.log_in(other.username, other.password, how=how)
    assert over_http.accepted, over_http.told
    assert over_http.signed
    grant = told(over_http).pop("Class")
    assert bytes.fromhex(grant[2:]).decode() == f"grant {other.grant_id}"
    assert told(over_http) | {"Class": ""} == told(by_database) | {"Class": ""}
    assert told(over_http)["Mikrotik-Total-Limit"] == str(2**31 + 7)


@pytest.mark.parametrize("how", ["PAP", "CHAP", "MS-CHAPv2"])
def test_the_clock_starts_once_the_password_was_right_and_not_before(rest, network, achol, how):
    wrong = rest.log_in(achol.username, "wrong", how=how)
    assert wrong.refused, wrong.told
    assert wrong.signed
    assert told(wrong) == {}
    assert stands(network, achol.grant_id)["status"] == "waiting"
    assert rows(network, "radius_guess") != []
    assert rest.log_in(achol.username, achol.password, how=how).accepted
    assert stands(network, achol.grant_id)["status"] == "running"


@pytest.mark.parametrize("password", ["%{User-Name}", "a b'c\"d", "x" * 128])
def test_a_password_of_any_latin_letters_is_compared_as_it_is(rest, network, parts, password):
    who = give(network)
    with parts.db.transaction() as tx:
        values = {"password_sealed": parts.sealer.seal(password), "radius_sealed": parts.sealer.radius.seal(password)}
        tx.execute(update(AccessGrant).where(AccessGrant.id == who.grant_id).values(**values))
    for how in ("PAP", "CHAP"):
        assert rest.log_in(who.username, password, how=how).accepted
        assert rest.log_in(who.username, password[:-1] + "!", how=how).refused


def test_who_is_nobody_and_who_is_at_another_router_is_refused(rest, achol):
    assert rest.log_in("kiden1", "whatever").refused
    assert rest.log_in("'; DROP TABLE customer; --", "whatever", how="CHAP").refused
    assert rest.log_in(achol.username, achol.password, source=OTHER_ROUTER).refused
    assert rest.log_in(achol.username, achol.password, source=ROUTER).accepted


def test_sessions_are_counted_from_start_to_stop(rest, network, achol, parts):
    assert rest.account("Start", name=achol.username).packet == "Accounting-Response"
    for _time in range(2):
        stopped = rest.account(
            "Stop", name=achol.username, Acct_Session_Time=60, Acct_Input_Octets=1000, Acct_Output_Octets=2000,
            Acct_Output_Gigawords=1, Acct_Delay_Time=2,
        )  # fmt: skip
        assert stopped.packet == "Accounting-Response"
    fold(parts.db, parts.clock.now())
    assert stands(network, achol.grant_id)["used_bytes"] == 3000 + 2**32


def test_without_the_web_or_with_a_withdrawn_key_there_is_no_answer_and_nobody_is_refused(
    web, key, network, achol, parts, tmp_path
):
    with asking("http://127.0.0.1:9", key, tmp_path / "away.log") as away:
        assert away.log_in(achol.username, achol.password, patience_s=2).silence
        assert away.account("Start", name=achol.username, patience_s=2).silence
    with asking(web, key, tmp_path / "rest.log") as rest:
        assert rest.log_in(achol.username, achol.password).accepted
        with parts.db.transaction() as tx:
            withdraw_key(tx, prefix=key.split("_")[1], now=parts.clock.now())
        assert rest.log_in(achol.username, achol.password, patience_s=2).silence
        assert rest.account("Start", name=achol.username, patience_s=2).silence
