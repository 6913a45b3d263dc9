"""A refusal is a sentence in the caller's language; an end is kept once, without PINs; a log holds no secret."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from core import logs
from core.access.models import AccessGrant
from core.catalog.set_price import set_version
from core.clock import FixedClock
from core.customers.change import set_language, set_status
from core.money import Money
from core.parts import Parts
from core.settings import Settings
from tests.town import Call, Town, count, snapshot

Calling = Callable[..., Call]
PAY_SCREEN = ("2", "1", "11", "1")
NOTED = ("ussd_session",)  # that it was refused is noted in the session's row, and nowhere else


def change_price(parts: Parts, pounds: int) -> None:
    with parts.db.transaction() as tx:
        set_version(
            tx,
            code="1H",
            valid_from=parts.clock.now(),
            duration_s=3600,
            data_bytes=None,
            down_kbps=2000,
            up_kbps=512,
            devices_max=1,
            price=Money.of(pounds, "SSP"),
        )


@pytest.mark.parametrize("way", ["1", "2"])
def test_a_price_that_changed_between_screen_and_payment_is_not_paid(
    way: str, calling: Calling, parts: Parts, town: Town, clock: FixedClock
) -> None:
    town.give(town.achol, 5000)
    call = calling()
    call.dial()
    call.press(*PAY_SCREEN)
    clock.advance(seconds=1)  # sooner than the doors read prices again
    change_price(parts, 400)
    before = snapshot(parts, besides=NOTED)
    screen = call.press(way)
    assert screen.startswith("END The price is now SSP 400. Nothing was paid.")
    assert snapshot(parts, besides=NOTED) == before
    clock.advance(seconds=10)
    again = calling(session="again")
    again.dial()
    assert "SSP 400" in again.press(*PAY_SCREEN)


@pytest.mark.parametrize("seconds", [1, 20])
def test_a_plan_withdrawn_between_screen_and_payment_is_not_paid(
    seconds: int, calling: Calling, parts: Parts, clock: FixedClock
) -> None:
    call = calling()
    call.dial()
    call.press(*PAY_SCREEN)
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE plan SET withdrawn_at = :now WHERE code = '1H'"), {"now": clock.now()})
    clock.advance(seconds=seconds)
    before = snapshot(parts, besides=NOTED)
    assert "no longer sold" in call.press("2")
    assert snapshot(parts, besides=NOTED) == before


def test_a_network_closed_between_screen_and_payment_prompts_nobody(
    calling: Calling, parts: Parts, clock: FixedClock, town: Town
) -> None:
    town.give(town.achol, 5000)
    for session, way in (("momo", "2"), ("balance", "1")):
        call = calling(session=session)
        call.dial()
        call.press("00")
        call.press(*PAY_SCREEN)
        with parts.db.transaction() as tx:
            tx.execute(text("UPDATE hotspot SET closed_at = :now WHERE code = 11"), {"now": clock.now()})
        before = snapshot(parts, besides=NOTED)
        assert call.press(way).startswith("END This Wi-Fi is closed now")
        assert snapshot(parts, besides=NOTED) == before
        with parts.db.transaction() as tx:
            tx.execute(text("UPDATE hotspot SET closed_at = NULL"))


def test_who_is_suspended_reads_why_and_pays_nothing(calling: Calling, parts: Parts, town: Town) -> None:
    town.give(town.achol, 5000)
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.achol.customer_id, status="suspended")
    before = snapshot(parts, besides=NOTED)
    for session, keys in (("a", (*PAY_SCREEN, "1")), ("b", (*PAY_SCREEN, "2")), ("c", ("3", "500", "1"))):
        call = calling(session=session)
        call.dial()
        call.press("00")
        assert call.press(*keys) == f"END Account {town.achol.number} is stopped. Please call us."
    assert snapshot(parts, besides=NOTED) == before


def test_a_second_prompt_for_the_same_thing_is_refused(calling: Calling, parts: Parts, clock: FixedClock) -> None:
    for session in ("first", "second"):
        call = calling(session=session)
        call.dial()
        screen = call.press(*PAY_SCREEN, "2")
    assert screen == "END SSP 300 already waits for your approval on the phone. Do not pay again."
    assert count(parts, "payment_intent") == 1
    clock.advance(minutes=7)
    call = calling(session="third")
    call.dial()
    assert call.press(*PAY_SCREEN, "2") == screen  # not sent yet: the prompt may still come up
    assert count(parts, "payment_intent") == 1


@pytest.mark.parametrize("script", ["arabic", "latin"])
def test_a_refusal_is_said_in_the_callers_language(script: str, calling: Calling, parts: Parts, town: Town) -> None:
    with parts.db.transaction() as tx:
        set_language(tx, customer_id=town.achol.customer_id, language="ar", script=script)
        set_status(tx, customer_id=town.achol.customer_id, status="suspended")
    call = calling()
    call.dial()
    screen = call.press(*PAY_SCREEN, "2")
    assert screen.startswith("END")
    assert town.achol.number in screen
    assert "stopped" not in screen
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in screen)
    assert arabic == (script == "arabic"), screen


def end_of(call: Call, **fields: str) -> dict[str, str]:
    return {
        "date": "2026-11-23 10:00:30",
        "sessionId": call.session,
        "serviceCode": "*384*77#",
        "networkCode": "65902",
        "phoneNumber": call.phone,
        "status": "Incomplete",
        "cost": "UGX 0.00",
        "durationInMillis": "12000",
        "hopsCount": "3",
        "input": call.text,
        "lastAppResponse": "CON Menu",
    } | fields


def test_an_end_event_is_kept_once_with_pins_taken_out(
    web: Flask, calling: Calling, parts: Parts, settings: Settings
) -> None:
    call = calling()
    url = f"/ussd/africastalking/{settings.gateway_key}/events"
    for _ in range(3):
        answer = web.test_client().post(url, data=end_of(call, input="3*4321*١٢٣٤*hello*12"))
        assert answer.status_code == 200
    with parts.db.reading() as connection:
        (row,) = connection.execute(text("SELECT * FROM ussd_end")).mappings().all()
    assert row["input"] == "3*[redacted]*[redacted]*hello*12"
    assert (row["status"], row["hops"], row["duration_ms"]) == ("Incomplete", 3, 12000)


def test_an_end_event_of_any_shape_is_taken_and_one_without_a_session_is_400(
    web: Flask, calling: Calling, parts: Parts, settings: Settings
) -> None:
    url = f"/ussd/africastalking/{settings.gateway_key}/events"
    before = snapshot(parts)
    assert web.test_client().post(url, data={}).status_code == 400
    assert web.test_client().post(url, data={"sessionId": " "}).status_code == 400
    assert snapshot(parts) == before
    for number, odd in enumerate(
        (
            {"hopsCount": "many", "durationInMillis": "-1", "status": ""},
            {"hopsCount": "9" * 12, "input": "1" * 5000, "lastAppResponse": "x" * 5000, "status": "s" * 300},
            {"phoneNumber": "", "errorMessage": "bad \x00 byte", "status": "Failed"},
            {"hopsCount": "٣", "phoneNumber": "p" * 300},
        )
    ):
        answer = web.test_client().post(url, data=end_of(calling(session=str(number)), **odd))
        assert answer.status_code == 200, odd
    assert count(parts, "ussd_end") == 4


@pytest.fixture
def written(settings: Settings) -> io.StringIO:
    """What the process would write to its log, everything included."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        logs.configure("DEBUG", settings.secrets)
    return stream


def test_no_secret_reaches_the_log_in_any_story(
    written: io.StringIO, web: Flask, calling: Calling, parts: Parts, town: Town, settings: Settings
) -> None:
    town.give(town.achol, 1000)
    for session, keys in (("buy", (*PAY_SCREEN, "1")), ("refused", (*PAY_SCREEN, "2")), ("again", (*PAY_SCREEN, "2"))):
        call = calling(session=session)
        call.dial()
        call.press("00")
        call.press(*keys)
    call = calling(session="pin")
    call.dial()
    call.press("3", "7391")  # a PIN where none is asked
    calling(session="pin", phone="+211991234567").hop("7391")
    url = f"/ussd/africastalking/{settings.gateway_key}/events"
    web.test_client().post(url, data=end_of(call, input="7391"))
    call.client.post(f"/ussd/africastalking/{settings.gateway_key}", data={"sessionId": "S", "phoneNumber": "7391"})
    with parts.db.reading() as connection:
        sealed = connection.execute(select(AccessGrant.password_sealed)).scalars().all()
    log = written.getvalue()
    assert "refused" in log
    for secret in (*settings.secrets, *(parts.sealer.open(one) for one in sealed), *sealed, "7391"):
        assert secret not in log
    assert town.balance(town.achol).minor == 700_00
