"""Keys of programs at an admin's desk: shown once, kept nowhere, withdrawn."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import text

from core.partners.know_key import know_key
from tests.town import count


@pytest.fixture
def rebecca(desk_of):
    return desk_of("rebecca")


def made(desk, **changes):
    form = {
        "name": "Billing of Nimule",
        "customers:read": "yes",
        "radius": "yes",
        "router": "",
        "pace": "120",
    } | changes
    return desk.post("/keys", **{name: value for name, value in form.items() if value is not None})


def key_of(answer):
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r'<pre class="script"[^>]*>(.*?)</pre>', answer.text)[1])


def test_a_key_is_shown_once_and_works(rebecca, parts):
    shown = made(rebecca)
    key = key_of(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    with parts.db.reading() as connection:
        known = know_key(connection, key)
        (act,) = connection.execute(text("SELECT * FROM audit_entry WHERE act = 'api_key_made'")).all()
    assert known.scopes == {"customers:read", "radius"}
    assert known.requests_a_minute == 120
    assert act.detail["scopes"] == ["customers:read", "radius"]
    page = rebecca.get("/keys").text
    assert known.prefix in page
    assert "Billing of Nimule" in page
    assert "Rebecca" in page
    assert key.rpartition("_")[2] not in page


def test_the_form_sent_again_makes_no_second_key(rebecca, parts):
    made(rebecca)
    assert rebecca.refused(made(rebecca)) == "Billing of Nimule is taken already."
    assert count(parts, "api_key") == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"customers:read": None, "radius": None}, "A key may one thing at least. Passwords go only with log-ins."),
        ({"radius": None, "radius:passwords": "yes"}, "A key may one thing at least. Passwords go only with log-ins."),
        ({"pace": "0"}, "A program may ask 1 to 60000 times a minute."),
        ({"pace": "x"}, "Write whole numbers with digits only."),
        ({"name": ""}, "A name or text is missing, too long, or has signs it cannot have."),
    ],
)
def test_a_key_that_cannot_be_meant_is_refused_with_one_sentence(rebecca, parts, changes, sentence):
    assert rebecca.refused(made(rebecca, **changes)) == sentence
    assert count(parts, "api_key") == 0


def test_a_key_of_one_router_says_so(rebecca, parts):
    key = key_of(made(rebecca, router="munuki"))
    assert "munuki" in rebecca.get("/keys").text
    with parts.db.reading() as connection:
        assert know_key(connection, key).router == "munuki"
    assert rebecca.refused(made(rebecca, name="Other", router="nowhere"), 404)


def test_a_withdrawn_key_lets_nobody_in(rebecca, parts):
    key = key_of(made(rebecca))
    prefix = key.split("_")[1]
    assert rebecca.told(rebecca.post(f"/keys/{prefix}/withdraw")) == "The key of Billing of Nimule is withdrawn."
    with parts.db.reading() as connection:
        assert know_key(connection, key) is None
    rebecca.refused(rebecca.post(f"/keys/{prefix}/withdraw"), 404)
    assert "Withdraw this key" not in rebecca.get("/keys").text
