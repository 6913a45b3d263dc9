"""Webhooks at an admin's desk: a secret shown once, how they fare, off and on, tried out; dead events pushed."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from core.gateways.webhooks import HttpCourier
from core.messaging.relay import relay
from core.partners.send_event import WAITS_S, send_event
from tests.receiver import receiving
from tests.town import count


@pytest.fixture
def settings(settings):
    return replace(settings, webhooks_private=True)


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


@pytest.fixture
def rebecca(desk_of):
    return desk_of("rebecca")


@pytest.fixture
def tell(parts):
    def work():
        handlers = {
            "webhook": lambda row: send_event(
                row, db=parts.db, courier=HttpCourier(private=True), sealer=parts.sealer, clock=parts.clock
            )
        }
        return relay(parts.db, kind="webhook", handlers=handlers, clock=parts.clock)

    return work


def made(desk, receiver, **changes):
    form = {"name": "Nimule", "url": f"{receiver.url}/hook", "payment.received": "yes"} | changes
    return desk.post("/webhooks", **{name: value for name, value in form.items() if value is not None})


def test_a_webhook_is_added_tried_out_and_shows_how_it_fares(rebecca, receiver, tell, parts):
    shown = made(rebecca, receiver)
    assert shown.status_code == 200
    receiver.secret = html.unescape(re.search(r'<pre class="script"[^>]*>(.*?)</pre>', shown.text)[1])
    page = rebecca.get("/webhooks").text
    assert "nothing sent yet" in page
    assert receiver.secret not in page
    assert "A test event goes to Nimule." in rebecca.told(rebecca.post("/webhooks/1/test"))
    tell()
    assert receiver.kinds == ["test"]
    assert "answers" in rebecca.get("/webhooks").text


def test_off_and_on_again(rebecca, receiver, tell, town):
    made(rebecca, receiver)
    assert rebecca.told(rebecca.post("/webhooks/1/active", active="no")) == "No more events go to Nimule."
    town.give(town.achol, 500)
    assert rebecca.refused(rebecca.post("/webhooks/1/test")) == "This webhook is switched off."
    assert rebecca.told(rebecca.post("/webhooks/1/active", active="yes")) == "Events go to Nimule again."
    town.give(town.achol, 500, key="later")
    tell()
    assert receiver.kinds == ["payment.received"]
    rebecca.refused(rebecca.post("/webhooks/9/active", active="no"), 404)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"payment.received": None}, "Choose what it is told of."),
        ({"url": "ftp://x/"}, "An address begins with https://, names a host, and has 200 characters at most."),
        ({"url": "https://x/" + "x" * 200}, "An address begins with https://, names a host, and has 200 characters at most."),
        ({"name": ""}, "A name or text is missing, too long, or has signs it cannot have."),
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_be_meant_is_refused_with_one_sentence(rebecca, receiver, parts, changes, sentence):
    assert rebecca.refused(made(rebecca, receiver, **changes)) == sentence
    assert count(parts, "webhook") == 0


def test_a_dead_event_stands_on_the_page_of_what_is_stuck_and_can_be_pushed(
    rebecca, receiver, tell, town, parts, clock
):
    made(rebecca, receiver)
    receiver.answers = [500] * (len(WAITS_S) + 1)
    town.give(town.achol, 500)
    for wait in (0, *WAITS_S):
        clock.at += timedelta(seconds=wait)
        tell()
    page = rebecca.get("/stuck").text
    assert "event for a partner" in page
    assert "answered 500" in page
    assert "Nimule: payment.received" in page
    assert "given up: " in rebecca.get("/webhooks").text
    rebecca.post("/stuck/push-all")
    tell()
    assert count(parts, "outbox", "kind = 'webhook' AND state = 'sent'") == 1
