"""What no honest caller sends, and what honest callers mistype: one clear answer, and no row changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from core.parts import Parts
from core.settings import Settings
from tests.town import ACHOL, Call, snapshot

Calling = Callable[..., Call]
TYPED_THEN = ("ussd_session",)  # that a session began is a row; what was mistyped in it is none


@contextmanager
def no_row_changes(parts: Parts, *besides: str) -> Iterator[None]:
    before = snapshot(parts, besides=besides)
    yield
    assert snapshot(parts, besides=besides) == before


def fields(**changes: str) -> dict[str, str]:
    return {"sessionId": "S1", "phoneNumber": ACHOL, "serviceCode": "*384*77#", "text": ""} | changes


def test_a_wrong_key_is_404_and_says_nothing(web: Flask, parts: Parts) -> None:
    with no_row_changes(parts):
        for path in ("/ussd/africastalking/wrong", "/ussd/africastalking/wrong/events"):
            answer = web.test_client().post(path, data=fields())
            assert answer.status_code == 404
            assert "key" not in answer.text.lower()


def test_a_body_of_a_megabyte_is_413(web: Flask, settings: Settings, parts: Parts) -> None:
    with no_row_changes(parts):
        for path in ("", "/events"):
            answer = web.test_client().post(
                f"/ussd/africastalking/{settings.gateway_key}{path}", data=fields(text="1" * 1_000_000)
            )
            assert answer.status_code == 413


def test_a_body_that_does_not_say_its_length_is_bounded_too(web: Flask, settings: Settings, parts: Parts) -> None:
    import io

    with no_row_changes(parts):
        answer = web.test_client().post(
            f"/ussd/africastalking/{settings.gateway_key}",
            input_stream=io.BytesIO(b"sessionId=S&text=" + b"1" * 1_000_000),
            content_type="application/x-www-form-urlencoded",
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )
    assert answer.status_code in (413, 200)
    if answer.status_code == 200:
        assert answer.text.startswith("END ")


CANNOT_BE = [
    {},
    {"text": "1"},
    {"sessionId": "S1", "text": ""},
    {"phoneNumber": ACHOL, "text": ""},
    fields(sessionId=" "),
    fields(sessionId="S" * 121),
    fields(sessionId="S\x001"),
    fields(text="1\x002"),
    fields(text="1*" * 5_000),  # 10 kB
    fields(phoneNumber=""),
    fields(phoneNumber="hello"),
    fields(phoneNumber="12"),
    fields(phoneNumber="+254712345678"),
    fields(phoneNumber="+21192123456789012345"),
    fields(phoneNumber="🙂"),
    fields(phoneNumber="' OR 1=1 --"),
]


def test_a_call_that_cannot_be_ends_with_one_sentence(web: Flask, settings: Settings, parts: Parts) -> None:
    client = web.test_client()
    with no_row_changes(parts):
        for form in CANNOT_BE:
            answer = client.post(f"/ussd/africastalking/{settings.gateway_key}", data=form)
            assert answer.status_code == 200
            assert re.fullmatch(r"END [A-Z][^\n]{10,150}", answer.text), (form, answer.text)


def test_json_where_a_form_is_due_is_one_sentence(web: Flask, settings: Settings, parts: Parts) -> None:
    with no_row_changes(parts):
        answer = web.test_client().post(f"/ussd/africastalking/{settings.gateway_key}", json=fields())
    assert (answer.status_code, answer.text[:4]) == (200, "END ")


def test_a_phone_is_known_however_its_gateway_writes_it(calling: Calling) -> None:
    for written in ("+211921234567", "211921234567", "0921234567", " +211 92 123 4567 ", "٠٩٢١٢٣٤٥٦٧"):
        assert "Buy Wi-Fi" in calling().hop("", phoneNumber=written), written


PLACES = [(), ("2",), ("2", "1"), ("2", "1", "11"), ("2", "1", "11", "1"), ("5",), ("7",)]
NOT_ON_A_LIST = ["🙂", "99", "-1", "abc", "1" * 100, "é€", "'; DROP TABLE token", "#", ""]


@pytest.mark.parametrize("at", PLACES)
def test_what_is_not_on_the_list_is_asked_again_and_changes_nothing(
    at: tuple[str, ...], calling: Calling, parts: Parts
) -> None:
    call = calling()
    where = call.dial()
    where = call.press(*at) or where
    with no_row_changes(parts, *TYPED_THEN):
        for typed in NOT_ON_A_LIST:
            screen = call.press(typed)
            assert screen.startswith("CON")
            assert not typed or "Choose a number" in screen, typed
            assert not typed or screen != where


def test_a_star_typed_by_the_caller_is_part_of_one_answer(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("2", "1", "11", "2")  # for another phone
    with no_row_changes(parts, *TYPED_THEN):
        for typed in ("*", "**", "1*2", "*1", "0921234567*2"):
            screen = call.press(typed)
            assert screen.startswith("CON"), typed
            assert "not a phone number" in screen, typed


def test_an_amount_that_cannot_be_meant_is_refused_in_a_sentence(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("3")
    senseless = (
        "-5",
        "1e99",
        "5.000",
        "five",
        "",
        "NaN",
        "99999999999999999999",
        "500 USD",
        "0x10",
        "½",
        "5,00",
        "000",
    )
    with no_row_changes(parts, *TYPED_THEN):
        for typed in senseless:
            screen = call.press(typed)
            assert screen.startswith("CON"), typed
            assert "amount" in screen, typed
        assert "from SSP 100" in call.press("5")
        assert "to SSP 5,000,000" in call.press("5000001")
        assert "Buy Wi-Fi" in call.press("0")  # here it leads back


def test_an_amount_is_shown_as_it_was_understood_before_it_is_paid(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("3")
    with no_row_changes(parts, *TYPED_THEN):
        for typed, amount in (("500", "500"), ("٥٠٠", "500"), ("5,000", "5,000"), ("5000 SSP", "5,000")):
            assert f"Pay SSP {amount} by MoMo" in call.press(typed), typed
            call.press("0")


def test_a_recipient_who_is_no_mobile_here_is_refused(calling: Calling, parts: Parts) -> None:
    call = calling()
    call.dial()
    call.press("2", "1", "11", "2")
    nobody = ("+254712345678", "0712345678", "123", "0911234567x", "🙂🙂", "0921 234", "+1 202 555 0100")
    with no_row_changes(parts, *TYPED_THEN):
        for typed in nobody:
            screen = call.press(typed)
            assert screen.startswith("CON"), typed
            assert re.search("not a phone number|Only South Sudan|not a mobile", screen), typed


def test_a_payer_of_another_network_is_refused(calling: Calling, parts: Parts) -> None:
    call = calling(phone="+211911234567")
    call.dial()
    call.press("1", "3", "500")
    with no_row_changes(parts, *TYPED_THEN):
        assert "Only MTN" in call.press("0911234567")


def test_the_door_keeps_its_sentence_when_the_database_is_away(web: Flask, settings: Settings, parts: Parts) -> None:
    import core.callers.queries as broken

    def away(*_: object) -> None:
        raise OSError("the database is away")

    before = broken.CallerFacts.read
    broken.CallerFacts.read = away  # type: ignore[method-assign]
    try:
        answer = web.test_client().post(f"/ussd/africastalking/{settings.gateway_key}", data=fields())
    finally:
        broken.CallerFacts.read = before  # type: ignore[method-assign]
    assert answer.status_code == 200
    assert answer.text == "END Please dial again in a minute."
    assert (
        "Buy Wi-Fi" in Call(web.test_client(), settings.gateway_key, session="S1").dial()
    )  # and its turn is free again
