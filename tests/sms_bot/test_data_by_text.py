"""Usage, speed and more data by text: one text is answered by one text, and pays once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from core.catalog.data_packs import DataPack
from core.clock import FixedClock
from core.parts import Parts
from tests.core.subscriptions.line import FULL, GB, Line
from tests.provider import Provider, found, ssp
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, Town, count, doors, everything_agrees, texts_to

PACKS = (DataPack(GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))


@pytest.fixture
def provider(parts: Parts, town: Town, clock: FixedClock) -> Provider:
    return found(parts, town, clock)


@pytest.fixture
def line(provider: Provider) -> Line:
    made = Line(provider, data_bytes=10 * GB, packs=PACKS)
    made.uses(12)
    return made


@pytest.fixture
def app(parts: Parts, line: Line, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


def test_usage_and_speed_are_texted(app: Flask, parts: Parts) -> None:
    achol = Texter(app, parts)
    assert achol.ask("USAGE").startswith("Today 12 GB, this month 12 GB of 10 GB.")
    assert achol.ask("SPEED").startswith("Your speed now: 64 kbit/s down, 64 kbit/s up.")


def test_data_by_its_size_is_asked_about_and_then_bought_with_one_text(
    app: Flask, parts: Parts, provider: Provider, line: Line
) -> None:
    provider.pays(3_000)
    achol = Texter(app, parts)
    assert achol.ask("DATA 5").startswith("5 GB until 01/12: pay SSP 2,400?")
    before = len(texts_to(parts, ACHOL))
    achol.send("1")
    assert [name for name, _said in texts_to(parts, ACHOL)[before:]] == ["data_bought"]
    assert line.speed == FULL
    assert provider.balance() == ssp(600)


def test_a_size_that_is_not_sold_is_answered_with_what_is(app: Flask, parts: Parts) -> None:
    said = Texter(app, parts).ask("DATA 7")
    assert "1. 1 GB 600" in said
    assert "2. 5 GB 2,400" in said
    assert count(parts, "bought_data") == 0


def test_paid_by_momo_one_text_says_where_to_approve_it(app: Flask, parts: Parts, provider: Provider) -> None:
    achol = Texter(app, parts)
    achol.send("data 1gb")
    assert achol.ask("2").startswith("Approve SSP 600 on 0921 234 567")
    assert len(provider.rows("SELECT 1 FROM payment_intent WHERE purpose = 'data'")) == 1
