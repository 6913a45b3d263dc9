"""The short way past Flask and the long way answer alike; what is odd goes the long way."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from core.settings import Settings
from tests.town import ACHOL, Town
from ussd.shortcut import Shortcut

FORM = "application/x-www-form-urlencoded"
pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture
def long_way(web: Flask) -> list[str]:
    """The paths of all requests that came to Flask."""
    came: list[str] = []
    web.before_request_funcs.setdefault(None, []).append(lambda: came.append("flask"))
    return came


def body(session: str = "S1", text: str = "", phone: str = ACHOL) -> bytes:
    return f"sessionId={session}&phoneNumber={phone.replace('+', '%2B')}&text={text}".encode()


def test_a_plain_hop_never_comes_to_flask(web: Flask, settings: Settings, long_way: list[str]) -> None:
    answer = web.test_client().post(f"/ussd/africastalking/{settings.gateway_key}", data=body(), content_type=FORM)
    assert (answer.status_code, answer.text[:4]) == (200, "CON ")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["at-ussd-hop-metadata"] == "menu.main"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert not long_way


HOPS = [
    body(),
    body(text="1"),
    body(text="2*1"),
    body(text="7"),
    body(text="%D9%A2"),  # two, in Arabic-Indic
    body(phone="+254712345678"),
    body(phone="hello"),
    body(session="S+1"),
    body(session=""),
    body() + b"&text=1&sessionId=other",
    b"",
    b"text",
    b"&&==&%zz=%",
    b"sessionId=S\xff\xfe",
]


def test_both_ways_answer_alike(web: Flask, settings: Settings, long_way: list[str], town: Town) -> None:
    path = f"/ussd/africastalking/{settings.gateway_key}"
    client = web.test_client()
    for number, form in enumerate(HOPS):
        short, long = (
            # With a blank before it the type is the same, but not the plain case.
            client.post(path, data=form.replace(b"S1", b"S1-%d-%d" % (number, way)), content_type=kind)
            for way, kind in enumerate((FORM, f" {FORM}"))
        )
        assert (short.status_code, short.data) == (long.status_code, long.data), form
        assert sorted(short.headers) == sorted(long.headers), form
        client.post(path, data=body(session=f"end-{number}", text="6"), content_type=FORM)  # so that none goes on
        assert len(long_way) in (number + 1, number + 2), form  # an empty form goes the long way
    assert town


def test_half_a_body_is_no_hop(web: Flask, settings: Settings) -> None:
    answer = web.test_client().post(
        f"/ussd/africastalking/{settings.gateway_key}",
        input_stream=io.BytesIO(body(text="2*1")),
        content_type=FORM,
        environ_overrides={"CONTENT_LENGTH": str(len(body(text="2*1*11*1")))},
    )
    assert (answer.status_code, answer.data) == (400, b"")


@pytest.mark.parametrize(
    "odd",
    [
        {"method": "GET"},
        {"method": "PUT"},
        {"path": "/ussd/africastalking/wrong"},
        {"path": "/ussd/africastalking/schlüssel"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/json"},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"data": b"x" * 20_000},
    ],
)
def test_what_is_odd_goes_the_long_way(
    odd: dict[str, Any], web: Flask, settings: Settings, long_way: list[str]
) -> None:
    plain: dict[str, Any] = {
        "method": "POST",
        "path": f"/ussd/africastalking/{settings.gateway_key}",
        "data": body(),
        "content_type": FORM,
    }
    web.test_client().open(**(plain | odd))
    assert long_way


def test_a_length_that_is_no_number_goes_the_long_way() -> None:
    went: list[str] = []

    def onward(_environ: object, _start: object) -> list[bytes]:
        went.append("on")
        return [b""]

    shortcut = Shortcut(onward, "/door", 100, lambda _form: pytest.fail("answered"))
    for length in ("", "-1", "1e3", "٣", "9" * 5000, "101", " 5"):
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/door",
            "CONTENT_TYPE": FORM,
            "CONTENT_LENGTH": length,
            "wsgi.input": io.BytesIO(b""),
        }
        shortcut(environ, lambda *_: lambda _data: None)
    assert len(went) == 7
