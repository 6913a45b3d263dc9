"""A browser at the portal."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from core.parts import Parts
from tests.town import Town

PIN = "480913"


@dataclass
class Browser:
    """A browser. Kiden's has never logged in."""

    client: FlaskClient
    parts: Parts

    def get(self, path: str, **options) -> TestResponse:
        return self.client.get(f"/portal{path}", **options)

    def post(self, path: str, **form) -> TestResponse:
        """Send a form as its page would: with the token."""
        return self.client.post(f"/portal{path}", data={"csrf_token": self.token()} | form)

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/", follow_redirects=True).text)
        assert found
        return found[1]

    def key(self, path: str) -> str:
        """The key of a form just shown."""
        found = re.search(r'name="key" value="([^"]+)"', self.get(path).text)
        assert found
        return found[1]

    def code(self, phone: str, template: str = "log_in_code") -> str:
        """The code of the last SMS of a kind to a phone."""
        with self.parts.db.reading() as connection:
            sealed = connection.execute(
                text(
                    "SELECT text_sealed FROM text_message WHERE phone = :p AND template = :t ORDER BY id DESC LIMIT 1"
                ),
                {"p": phone, "t": template},
            ).scalar_one()
        found = re.search(r"\d{6}", self.parts.sealer.open(sealed))
        assert found
        return found[0]

    def enter(self, phone: str, pin: str = PIN) -> None:
        """Come by a code and choose a PIN, as on the first day."""
        assert self.post("/ask", phone=phone).location == "/portal/code"
        assert self.post("/code", code=self.code(phone)).location == "/portal/secret"
        assert self.post("/secret", secret=pin, key=self.key("/secret")).status_code == 303

    def log_in(self, phone: str, pin: str = PIN, **headers) -> TestResponse:
        form = {"csrf_token": self.token(), "phone": phone, "secret": pin}
        return self.client.post("/portal/log-in", data=form, environ_overrides=headers)

    def told(self, answer: TestResponse) -> str:
        """What the page after an act says was done."""
        assert answer.status_code == 303, said(answer.text)
        page = self.client.get(answer.location, follow_redirects=True).text
        return said(" ".join(re.findall(r'<p class="said" role="status">(.*?)</p>', page)))

    def refused(self, answer: TestResponse, status: int = 422) -> str:
        """The one sentence of a refusal."""
        assert answer.status_code == status, (answer.status_code, answer.location)
        (sentence,) = re.findall(r'role="alert" id="refusal">(.*?)</p>', answer.text)
        return said(sentence)


def said(piece: str) -> str:
    """What is read of a piece of a page."""
    within_words = re.sub(r"</?(?:bdi|b|a|small)\b[^>]*>", "", piece)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", within_words)).split())


def sale_form(browser: Browser, town: Town, plan: str = "3H", pounds: int = 700, **more: str) -> dict[str, str]:
    form = {
        "key": browser.key("/"),
        "network": str(town.hotspots["Juba Town Wi-Fi"]),
        "plan": f"{town.plans[plan]}:{pounds * 100}",
        "recipient": "0921234567",
        "means": "cash",
    }
    return form | more
