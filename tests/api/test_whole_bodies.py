"""A body in chunks is taken whole or not at all, at every door."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import requests
from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

import wsgi
from core.parts import Parts
from tests.town import ACHOL, Town, count, served, snapshot

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def app(environ: dict[str, str], town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The web process as it is wired."""
    monkeypatch.setattr(wsgi.logs, "configure", lambda *_: None)
    made = wsgi.create_app(environ)
    yield made
    made.extensions["shabaka"].db.close()


@pytest.fixture
def in_chunks(app: Flask) -> Callable[..., Response]:
    """A request as gunicorn hands it on when the body came in chunks: no length is known."""

    def send(path: str, body: io.BytesIO, kind: str = FORM) -> Response:
        environ = EnvironBuilder(path=path, method="POST", content_type=kind).get_environ()
        environ |= {"wsgi.input": body, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        del environ["CONTENT_LENGTH"]
        return Response.from_app(app, environ)

    return send


def long_form(**fields: str) -> io.BytesIO:
    """A form whose first fields are right, and which goes on for a megabyte."""
    return io.BytesIO(
        "&".join([*(f"{name}={value}" for name, value in fields.items()), "x=" + "1" * 1_000_000]).encode()
    )


def test_one_that_is_too_long_is_413_at_every_door_and_changes_nothing(
    in_chunks: Callable[..., Response], parts: Parts
) -> None:
    key = parts.settings.gateway_key
    phone = ACHOL.replace("+", "%2B")
    before = snapshot(parts)
    for path, body in (
        (f"/callbacks/mtn-momo/{key}/{uuid4()}", long_form()),
        (f"/ussd/africastalking/{key}", long_form(sessionId="S", phoneNumber=phone, text="")),
        (f"/ussd/africastalking/{key}/events", long_form(sessionId="S")),
        (f"/sms/africastalking/{key}/inbound", long_form(**{"id": "1", "from": phone, "text": "BALANCE"})),
        (f"/sms/africastalking/{key}/delivery", long_form(id="1", status="Success")),
        ("/admin/log-in", long_form(username="mary")),
    ):
        answer = in_chunks(path, body)
        assert answer.status_code == 413, path
        assert body.tell() < 100_000, path  # and no more of it was read than it takes to know
    assert snapshot(parts) == before


def test_each_door_keeps_its_own_limit(in_chunks: Callable[..., Response], parts: Parts) -> None:
    key = parts.settings.gateway_key
    assert in_chunks(f"/callbacks/mtn-momo/{key}", io.BytesIO(b"1" * 64 * 1024)).status_code == 200
    assert in_chunks(f"/callbacks/mtn-momo/{key}", io.BytesIO(b"1" * (64 * 1024 + 1))).status_code == 413
    assert in_chunks(f"/ussd/africastalking/{key}", io.BytesIO(b"1" * (16 * 1024 + 1))).status_code == 413


def test_one_within_the_limit_is_taken_whole(app: Flask, parts: Parts) -> None:
    key = parts.settings.gateway_key
    body = b'{"note": "' + b"1" * 3000 + b'"}'
    with served(app) as url:
        pieces = (body[at : at + 500] for at in range(0, len(body), 500))
        assert requests.put(f"{url}/callbacks/mtn-momo/{key}", data=pieces, timeout=10).status_code == 200
        fields = f"sessionId=S1&phoneNumber=%2B{ACHOL[1:]}&serviceCode=*384*77%23&text="
        dialled = requests.post(
            f"{url}/ussd/africastalking/{key}",
            data=(piece.encode() for piece in (fields[:20], fields[20:])),
            headers={"Content-Type": FORM},
            timeout=10,
        )
    assert count(parts, "provider_message", "body = :body", body=body.decode()) == 1
    assert dialled.text.startswith("CON ")


def test_one_that_breaks_off_is_400_and_changes_nothing(in_chunks: Callable[..., Response], parts: Parts) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("no more data after chunk")

    before = snapshot(parts)
    answer = in_chunks(f"/callbacks/mtn-momo/{parts.settings.gateway_key}", BreaksOff())
    assert (answer.status_code, answer.get_data(as_text=True)) == (400, "The body broke off.\n")
    assert snapshot(parts) == before
