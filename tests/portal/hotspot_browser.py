"""Somebody's browser before a network, as its router sends it to our page; and what stands on that page."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.parts import Parts
from portal import hotspot

ROUTER = "http://10.5.50.1/login"
CHALLENGE = bytes(range(240, 256))


def octal(raw: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in raw)


def sent_by_router(mac: str = "AA:BB:CC:00:00:01", **more: str) -> dict[str, str]:
    """The fields RouterOS fills into its log-in page."""
    return {
        "mac": mac,
        "link-login-only": ROUTER,
        "link-orig": "http://example.com/?a=1&b=2",
        "chap-id": octal(b"\x11"),
        "chap-challenge": octal(CHALLENGE),
        "error": "",
    } | {name.replace("_", "-"): value for name, value in more.items()}


def chap(password: str, challenge: bytes = CHALLENGE, chap_id: bytes = b"\x11") -> str:
    return hashlib.md5(chap_id + password.encode() + challenge, usedforsecurity=False).hexdigest()


@dataclass
class Form:
    """A form of a page: where it goes, and what is in it."""

    action: str
    method: str
    fields: dict[str, str]


@dataclass
class Browser:
    client: FlaskClient
    code: str = "11"
    at_router: dict[str, str] = field(default_factory=sent_by_router)
    language: str = "en"
    seen: list[TestResponse] = field(default_factory=list)

    def keep(self, answer: TestResponse) -> TestResponse:
        self.seen.append(answer)
        assert "Set-Cookie" not in answer.headers
        return answer

    def opens(self) -> TestResponse:
        """The page, as the router's own log-in page leads to it."""
        return self.keep(self.client.post(f"/hotspot/{self.code}?language={self.language}", data=self.at_router))

    def sends(self, answer: TestResponse, ending: str, **typed: str) -> TestResponse:
        """Fill in the form of a page that goes there."""
        form = next(form for form in forms(answer) if form.action.split("?")[0].endswith(ending))
        send = self.client.post if form.method == "post" else self.client.get
        said = {"data": form.fields | typed} if form.method == "post" else {"query_string": form.fields | typed}
        return self.keep(send(form.action, **said))

    def types(self, code: str) -> TestResponse:
        return self.sends(self.opens(), "/in", code=code)

    def buys(self, phone: str, plan: str, page: TestResponse | None = None) -> TestResponse:
        """Choose the plan with these words and send the phone; where that leads is not followed."""
        shown = page or self.opens()
        return self.sends(shown, "/buy", phone=phone, plan=choice(shown, plan))

    def follows(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, said(answer)
        return self.keep(self.client.get(answer.location))

    def looks_again(self) -> TestResponse:
        """What a page that asks again by itself does."""
        return self.keep(self.client.get(self.seen[-1].request.url))


def forms(answer: TestResponse) -> list[Form]:
    found = []
    for start, inner in re.findall(r"<form([^>]*)>(.*?)</form>", answer.text, re.DOTALL):
        inputs = [tag for tag in re.findall(r"<input([^>]*)>", inner) if "radio" not in tag]
        found.append(Form(of(start, "action"), of(start, "method") or "get", {of(tag, "name"): of(tag, "value") for tag in inputs}))  # fmt: skip
    return found


def of(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def choice(answer: TestResponse, plan: str) -> str:
    for value, words in re.findall(r'name="plan" value="([^"]+)"[^>]*>(.*?)</label>', answer.text):
        if plan in plain(words):
            return value
    raise AssertionError(f"{plan} is not sold: {said(answer)}")


def plain(text: str) -> str:
    whole = re.sub(r"</?bdi[^>]*>", "", text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", whole))).strip()


def said(answer: TestResponse) -> str:
    """What a reader sees."""
    return plain(re.sub(r"<(style|script|title|noscript)>.*?</\1>", "", answer.text, flags=re.DOTALL))


def refused(answer: TestResponse, status: int = 422) -> str:
    """The one sentence of a refusal."""
    assert answer.status_code == status, said(answer)
    (sentence,) = re.findall(r'<p class="refused" role="alert">(.*?)</p>', answer.text)
    return plain(sentence)


def goes_to_router(answer: TestResponse) -> dict[str, str]:
    """The log-in that a page sends to the router by itself."""
    assert answer.status_code == 200, said(answer)
    (form,) = forms(answer)
    assert (form.action, form.method) == (ROUTER, "post")
    assert "document.forms[0].submit()" in answer.text
    assert f"form-action 'self' {ROUTER.removesuffix('/login')};" in answer.headers["Content-Security-Policy"]
    return form.fields


@pytest.fixture
def page_app(parts: Parts) -> Flask:
    app = Flask("hotspot page", static_folder=None)
    app.testing = True
    app.register_blueprint(hotspot.create_blueprint(parts), url_prefix="/hotspot")
    return app


@pytest.fixture
def browser_of(page_app: Flask) -> Iterator[Callable[..., Browser]]:
    """A device with a browser, at Juba Town Wi-Fi unless another network is said."""

    def of_device(mac: str = "AA:BB:CC:00:00:01", code: str = "11", **more: str) -> Browser:
        return Browser(page_app.test_client(), code, sent_by_router(mac, **more))

    return of_device


@pytest.fixture
def achols(browser_of: Callable[..., Browser]) -> Browser:
    return browser_of()
