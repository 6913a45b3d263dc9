"""A browser at the portal, and the app with that door alone."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.parts import Parts
from portal import door as portal
from tests.town import Town


@dataclass
class Browser:
    """A browser. Kiden's has never logged in."""

    client: FlaskClient

    def get(self, path: str, **options) -> TestResponse:
        return self.client.get(f"/portal{path}", **options)

    def post(self, path: str, **form) -> TestResponse:
        """Send a form as its page would: with the token."""
        return self.client.post(f"/portal{path}", data={"csrf_token": self.token()} | form)

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/", follow_redirects=True).text)
        assert found
        return found[1]


def said(text: str) -> str:
    """What is read of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@pytest.fixture
def app(parts: Parts, town: Town) -> Flask:
    app = Flask("portal alone", static_folder=None)
    app.testing = True
    portal.init_app(app, parts)
    app.register_blueprint(portal.create_blueprint(parts), url_prefix="/portal")
    return app


@pytest.fixture
def kiden(app: Flask) -> Browser:
    """Somebody who has no business here."""
    return Browser(app.test_client())
