"""A desk at which somebody sits, and the app with the staff's door alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import admin
from admin import desk, visitors
from core.clock import FixedClock
from core.parts import Parts
from core.staff.add import add_member, reset_password
from tests.kept_database import KeptDatabase, what_rows_say
from tests.provider import Provider, found, put_on_sale
from tests.town import Town

PASSWORD = "a long enough secret"
STAFF = {"rebecca": "admin", "mary": "manager", "rose": "cashier", "gatluak": "technician"}


@dataclass
class Desk:
    """A browser. Kiden's has never logged in."""

    client: FlaskClient

    def get(self, path: str, **options) -> TestResponse:
        return self.client.get(f"/admin{path}", **options)

    def post(self, path: str, **form) -> TestResponse:
        """Send a form as its page would: with the token."""
        return self.client.post(f"/admin{path}", data={"csrf_token": self.token()} | form)

    def token(self) -> str:
        for page in ("/me", "/log-in"):
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
            if found:
                return found[1]
        raise AssertionError("no page has a token")

    def log_in(self, username: str, password: str = PASSWORD, path: str = "/log-in", **headers) -> TestResponse:
        return self.client.post(
            f"/admin{path}",
            data={"csrf_token": self.token(), "username": username, "password": password},
            environ_overrides=headers,
        )

    def key(self, path: str) -> str:
        """The key of a form just shown."""
        made = re.search(r'name="key" value="([^"]+)"', self.get(path).text)
        assert made
        return made[1]

    def cash_key(self, number: str) -> str:
        """The key of a cash form just shown."""
        return self.key(f"/customers/{number}/cash")

    def told(self, answer: TestResponse) -> str:
        """What the page after an act says was done."""
        assert answer.status_code == 303, answer.text
        said = re.findall(r'<p class="said" role="status">(.*?)</p>', self.client.get(answer.location).text)
        return html.unescape(re.sub(r"<[^>]*>", "", " ".join(said)))

    def refused(self, answer: TestResponse, status: int = 422) -> str:
        """The one sentence of a refusal."""
        assert answer.status_code == status, (answer.status_code, answer.location)
        (sentence,) = re.findall(r'role="alert" id="refusal">(.*?)</p>', answer.text)
        return html.unescape(re.sub(r"<[^>]*>", "", sentence))


@pytest.fixture
def session_clock() -> FixedClock:
    """The clock log-ins are measured by: the machine's own, not the town's."""
    return FixedClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def kept_web() -> list[Flask]:
    """The staff's door, made once a test process: its two hundred addresses and its templates cost 0.2 s."""
    return []


@pytest.fixture
def app(
    parts: Parts, town: Town, session_clock: FixedClock, kept_database: KeptDatabase, kept_web: list[Flask]
) -> Flask:
    town.staff |= kept_database.begun(("desks", *what_rows_say(parts)), lambda: employed(parts, town))
    if not kept_web:
        app = Flask("desk", static_folder=None)
        app.testing = True
        admin.init_app(app, parts, session_clock=session_clock)
        app.register_blueprint(admin.create_blueprint(parts), url_prefix="/admin")
        kept_web.append(app)
    (app,) = kept_web
    app.extensions |= {desk.PARTS: parts, visitors.CLOCK: session_clock}
    return app


def employed(parts: Parts, town: Town) -> dict[str, int]:
    """Somebody at every desk; their ids."""
    with parts.db.transaction() as tx:
        for username, role in STAFF.items():
            if username in town.staff:
                reset_password(tx, username=username, password=PASSWORD, now=parts.clock.now(), ids=parts.ids)
            else:
                town.staff[username] = add_member(
                    tx,
                    username=username,
                    name=username.title(),
                    role=role,
                    language="en",
                    password=PASSWORD,
                    now=parts.clock.now(),
                    ids=parts.ids,
                )
    return dict(town.staff)


@pytest.fixture
def provider(app: Flask, parts: Parts, town: Town, clock: FixedClock, kept_database: KeptDatabase) -> Provider:
    """A small provider with monthly customers, on 1 November 2026, and somebody at every desk."""
    key = ("provider with desks", *what_rows_say(parts))
    here = found(parts, town, clock)
    kept_database.begun(key, lambda: put_on_sale(here))
    return here


@pytest.fixture
def kiden(app: Flask) -> Desk:
    """Somebody who does not work here."""
    return Desk(app.test_client())


@pytest.fixture
def desk_of(app: Flask) -> Iterator[Callable[[str], Desk]]:
    """The desk of a staff member who has just logged in."""

    def sit(username: str) -> Desk:
        desk = Desk(app.test_client())
        assert desk.log_in(username).status_code == 303
        return desk

    return sit


@pytest.fixture
def mary(desk_of) -> Desk:
    return desk_of("mary")
