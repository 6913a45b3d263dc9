"""The API as equipment and partners meet it: keys in their hands, an application, its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from api.v1 import door
from core.partners.make_key import make_key
from core.parts import Parts
from tests.provider import Provider, found, put_on_sale
from tests.town import Town


class Program:
    """Somebody's program with a key, or without one."""

    def __init__(self, client: FlaskClient, key: str | None) -> None:
        self.client = client
        self.key = key

    def headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.key}"} if self.key else {}) | (more or {})

    def get(self, path: str, **asked: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=asked, headers=self.headers())

    def post(self, path: str, body: Any = None, *, once: str | None = None, data: bytes | None = None) -> TestResponse:
        headers = self.headers({"Idempotency-Key": once} if once else None)
        if data is not None:
            return self.client.post(f"/api/v1{path}", data=data, headers=headers)
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)


def refused(answer: TestResponse, status: int, code: str) -> str:
    """The one sentence of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"code", "message"}
    assert answer.json["error"]["code"] == code
    sentence: str = answer.json["error"]["message"]
    assert sentence[0].isascii()
    assert sentence.endswith(".")
    assert "Traceback" not in answer.text
    return sentence


@pytest.fixture
def api(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    redis = Redis.from_url(redis_url, decode_responses=True)
    app = Flask("api", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=64 * 1024)
    app.register_blueprint(door.create_blueprint(parts, redis))
    yield app
    redis.close()


@pytest.fixture
def key_for(parts: Parts, town: Town) -> Callable[..., str]:
    """A fresh key with these scopes."""

    def make(*scopes: str, **more: Any) -> str:
        with parts.db.transaction() as tx:
            name = more.pop("name", None) or parts.ids.typeable(12)
            return make_key(tx, name=name, scopes=scopes, now=parts.clock.now(), ids=parts.ids, **more).key

    return make


@pytest.fixture
def program(api: Flask, key_for: Callable[..., str]) -> Callable[..., Program]:
    """A program whose key has these scopes."""

    def make(*scopes: str, **more: Any) -> Program:
        return Program(api.test_client(), key_for(*scopes, **more))

    return make


@pytest.fixture
def kiden(api: Flask) -> Program:
    """Somebody without a key."""
    return Program(api.test_client(), None)


@pytest.fixture
def provider(parts: Parts, town: Town, clock: Any) -> Provider:
    here = found(parts, town, clock)
    put_on_sale(here)
    return here
