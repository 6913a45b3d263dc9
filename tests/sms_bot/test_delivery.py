"""Delivery reports: forward only, for that text and that phone only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from core.messaging.queue_text import queue_text
from core.parts import Parts
from core.settings import Settings
from tests.town import ACHOL, DENG, Town, doors, everything_agrees, snapshot

Report = Callable[..., int]


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def report(app: Flask, settings: Settings) -> Report:
    def post(status: str, gateway_id: str = "ATXid_1", phone: str = ACHOL, **more: str) -> int:
        form = {"id": gateway_id, "status": status, "phoneNumber": phone, "networkCode": "65902"} | more
        return app.test_client().post(f"/sms/africastalking/{settings.gateway_key}/delivery", data=form).status_code

    return post


@pytest.fixture
def state(parts: Parts, town: Town) -> Callable[[], str]:
    """Of the one text that was sent, as ATXid_1."""
    with parts.db.transaction() as tx:
        queue_text(
            tx, phone=ACHOL, tongue="en", template="reply", key="k", now=parts.clock.now(), facts={"screen": "Hi"}
        )
        tx.execute(text("UPDATE text_message SET state = 'sent', provider_id = 'ATXid_1'"))

    def read() -> str:
        with parts.db.reading() as connection:
            return str(connection.execute(text("SELECT state FROM text_message")).scalar_one())

    return read


@pytest.mark.parametrize(
    ("reported", "ends"),
    [
        (("Submitted", "Buffered", "Success"), "delivered"),
        (("Success", "Sent", "Submitted", "Buffered"), "delivered"),
        (("Success", "Failed"), "delivered"),
        (("Failed", "Success"), "failed"),
        (("Buffered", "Sent"), "buffered"),
        (("AbsentSubscriber",), "failed"),
        (("Rejected", "Success"), "rejected"),
        (("Expired",), "expired"),
        (("success", "SENT"), "delivered"),
    ],
)
def test_reports_only_move_forward(
    reported: tuple[str, ...], ends: str, report: Report, state: Callable[[], str]
) -> None:
    for word in reported:
        assert report(word) == 200
        assert report(word) == 200
    assert state() == ends


def test_a_report_for_another_text_or_phone_or_in_unknown_words_moves_nothing(
    report: Report, state: Callable[[], str], parts: Parts
) -> None:
    before = snapshot(parts) | {"early_report": None}  # kept there, in case its text gets its id in a moment
    assert report("Success", phone=DENG) == 200
    assert report("Success", gateway_id="ATXid_2") == 200
    assert report("Teleported") == 200
    assert report("Success", phone="+254712345678") == 200
    assert report("Success", phone="") == 200
    assert report("", "ATXid_1") == 400
    assert report("Success", "") == 400
    assert snapshot(parts) | {"early_report": None} == before


def test_why_it_failed_is_kept(report: Report, state: Callable[[], str], parts: Parts) -> None:
    assert report("Failed", failureReason="UserInBlackList") == 200
    assert state() == "failed"
    with parts.db.reading() as connection:
        assert connection.execute(text("SELECT failure FROM text_message")).scalar_one() == "UserInBlackList"
