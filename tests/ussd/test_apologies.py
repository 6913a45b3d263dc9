"""Where a call cannot go on the caller reads one sentence, in their own language as far as it can be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg2
import pytest
from flask import Flask
from redis import Redis

from core.callers.queries import CallerFacts
from core.customers.change import set_language, set_status
from core.parts import Parts
from core.settings import Settings
from tests.town import ACHOL, DENG, Call, Town, doors, everything_agrees

Calling = Callable[..., Call]
BUSY = {"en": "END Please dial again in a minute.", "ar": "END اتصل ثانية بعد دقيقة"}


@pytest.fixture
def arabic(parts: Parts, town: Town) -> None:
    """Achol speaks Arabic, in its own letters."""
    with parts.db.transaction() as tx:
        set_language(tx, customer_id=town.achol.customer_id, language="ar", script="arabic")


def is_arabic(screen: str) -> bool:
    return any("\u0620" <= letter <= "\u064a" for letter in screen)


@pytest.mark.usefixtures("arabic")
def test_a_call_that_cannot_be_read_is_answered_in_the_callers_language(web: Flask, settings: Settings) -> None:
    client = web.test_client()
    url = f"/ussd/africastalking/{settings.gateway_key}"
    for form in ({"text": ""}, {"sessionId": " ", "text": ""}, {"sessionId": "S", "text": "1" * 1200}):
        arabic = client.post(url, data={"phoneNumber": ACHOL, **form}).text
        english = client.post(url, data={"phoneNumber": DENG, **form}).text
        assert arabic.startswith("END ")
        assert is_arabic(arabic)
        assert english == "END This call could not be read. Please dial again."


@pytest.mark.usefixtures("arabic")
def test_a_failure_of_ours_is_owned_up_to_in_the_callers_language(
    calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    first = calling()
    with monkeypatch.context() as patch:
        patch.setattr("ussd.hop.begin", broken)
        assert first.dial() == BUSY["ar"]
        assert calling(session="deng", phone=DENG).dial() == BUSY["en"]
    assert first.dial().startswith("CON")  # and its turn is free again


@pytest.mark.usefixtures("arabic")
def test_with_the_database_away_the_language_of_the_session_is_still_known(
    calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(*arguments: object) -> None:
        asked.append(arguments)
        raise psycopg2.OperationalError("no answer")

    call = calling()
    call.dial()
    monkeypatch.setattr(CallerFacts, "read", away)
    assert call.press("2") == BUSY["ar"]
    assert calling(session="new").dial() == BUSY["en"]  # nothing is known of this one
    assert len(asked) == 2  # a database that just failed is not waited for a second time


@pytest.mark.usefixtures("arabic")
def test_who_waits_too_long_for_their_turn_reads_it_in_their_language(
    calling: Calling, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ussd.hop.WAIT_S", 0)
    call = calling()
    call.dial()
    for session in (call.session, "unknown to redis"):
        redis.set(f"ussd:at:{session}:lock", "another process")
        assert calling(session=session).hop("2") == BUSY["ar"]
        assert redis.get(f"ussd:at:{session}:lock") == "another process"


@pytest.fixture
def with_care_phone(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    known = replace(parts, settings=replace(parts.settings, care_phone="0912000000"))
    with doors(known, redis_url) as app:
        yield app
    everything_agrees(parts)


@pytest.mark.parametrize(
    ("language", "ending"), [("en", "Please call us: 0912000000"), ("ar", "اتصل بنا:\n0912000000")]
)
def test_who_is_asked_to_call_reads_the_number(
    language: str, ending: str, with_care_phone: Flask, settings: Settings, parts: Parts, town: Town
) -> None:
    with parts.db.transaction() as tx:
        set_language(tx, customer_id=town.achol.customer_id, language=language, script=None)
        set_status(tx, customer_id=town.achol.customer_id, status="suspended")
    call = Call(with_care_phone.test_client(), settings.gateway_key)
    call.dial()
    screen = call.press("2", "1", "11", "1", "2")
    assert screen.startswith("END")
    assert screen.endswith(ending)
