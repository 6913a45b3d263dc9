"""A door to dial at. After every story the books and the rooms agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis

from core.parts import Parts
from core.settings import Settings
from tests.town import Call, Town, doors, everything_agrees


@pytest.fixture
def web(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as app:
        yield app
    everything_agrees(parts)


@pytest.fixture
def calling(web: Flask, settings: Settings) -> Callable[..., Call]:
    def make(**fields: str) -> Call:
        return Call(web.test_client(), settings.gateway_key, **fields)

    return make


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
