"""An owner by text and by dialling: figures, helpers, prices, a sale taken back, and the money sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from core.clock import FixedClock
from core.parts import Parts
from core.tokens.sell_token import sell_token
from tests.core.owners.stall import BUYER, HELPER, Stall
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, DENG, KIDEN, Call, Town, count, doors, everything_agrees, texts_to


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def stall(parts: Parts, town: Town) -> Stall:
    return Stall(parts, town)


@pytest.fixture
def deng(app: Flask, parts: Parts) -> Texter:
    return Texter(app, parts, DENG)


def calls(app: Flask, parts: Parts, phone: str = DENG, session: str = "ATUid_1") -> Call:
    return Call(app.test_client(), parts.settings.gateway_key, phone, session)


@pytest.mark.parametrize("words", ["SALES", "my sales", "مبيعاتي"])
def test_what_was_sold_is_told(deng: Texter, stall: Stall, words: str) -> None:
    stall.sells("one")
    stall.sells("two", to=BUYER, plan="1H")
    stall.gives("three", to=BUYER)
    said = deng.ask(words)
    assert said.startswith(
        "Today 2: SSP 1,000\nWeek 2: SSP 1,000\nMonth 2: SSP 1,000\nOnline now: 0\nFree today: 1 of 10"
    )


def test_a_helper_is_shown_before_they_may_sell(deng: Texter, parts: Parts) -> None:
    assert deng.ask("HELPER +254712345678") == "Only South Sudan numbers (+211) can be used here."
    assert deng.ask("HELPER 0991234567") == "That is your own number."
    assert deng.ask("HELPER 0912 000 001").startswith("0912 000 001 may sell at your Wi-Fi, and nothing else?")
    assert count(parts, "wifi_helper") == 0
    assert deng.ask("1") == "0912 000 001 sells for you now, and is told by SMS."
    assert [template for template, _shown in texts_to(parts, HELPER)] == ["helper_added"]
    assert deng.ask("HELPER").startswith("They sell for you:\n99. Add one\n1. 0912 000 001")
    assert deng.ask("1").startswith("0912 000 001 sells for you no more?")
    assert deng.ask("1") == "0912 000 001 sells for you no more."
    assert count(parts, "wifi_helper", "removed_at IS NULL") == 0


def test_the_money_is_sent_once_to_the_number_confirmed(deng: Texter, stall: Stall, town: Town, parts: Parts) -> None:
    assert deng.ask("PAYOUT") == "The owner's MoMo number is not confirmed yet. Take cash."
    stall.confirms()
    assert deng.ask("pay out").startswith("Your balance is SSP 0. At least ")
    town.give(town.achol, 28_000)
    sold = {"hotspot_id": town.hotspots["Munuki Net"], "plan_version_id": town.plans["1M"], "recipient_phone": ACHOL}
    parts.db.run(lambda tx: sell_token(tx, request_key="one", buyer=stall.who(ACHOL), **sold, **stall.tools))
    for _ in range(2):
        deng.send("PAYOUT", gateway_id="same")
    assert deng.replies()[-1] == "Your money is being sent. We text you when it has arrived."
    assert count(parts, "payout", "payee_phone = :phone", phone=DENG) == 1
    assert deng.ask("PAYOUT") == "A payout of SSP 22,680 is on its way. When it has arrived, ask again."


def test_nobody_else_sees_or_does_any_of_it(app: Flask, parts: Parts) -> None:
    for words in ("SALES", "HELPER 0912000001", "PAYOUT"):
        achol = Texter(app, parts, ACHOL)
        assert achol.ask(words) == "Only the owner of this Wi-Fi and their helpers can do this."
        assert "English" in Texter(app, parts, KIDEN).ask(words)
    assert count(parts, "wifi_helper") == count(parts, "payout") == 0


def test_a_price_is_set_by_dialling_and_sold_at(app: Flask, parts: Parts, clock: FixedClock) -> None:
    call = calls(app, parts)
    call.dial("12", "7", "1")
    assert call.press("420").startswith("CON 1 hour for SSP 420 from now on?")
    assert call.press("1") == "END Your price list is changed, for all who sell and buy."
    clock.advance(seconds=10)  # what all callers share is read again by then
    other = calls(app, parts, session="ATUid_2")
    assert "1. 1 hour 420" in other.dial("12", "1", "11")
    other.press("1", "0921234567")
    assert other.press("1").startswith("END Sold for SSP 420.")


def test_a_sale_is_taken_back_by_dialling_once(app: Flask, parts: Parts, stall: Stall) -> None:
    stall.sells("one")
    call = calls(app, parts)
    assert "1. 0921 234 567 3 hours 700" in call.dial("12", "8")
    assert call.press("1").startswith("CON End 3 hours of 0921 234 567, and hand SSP 700 back?")
    ended = call.press("1")
    assert ended == "END It is ended. Hand back what was paid for it."
    assert call.hop(call.text) == ended
    assert count(parts, "token_revocation", "means = 'owner_cash' AND refund_minor = 70000") == 1
    assert "You sold nothing today" in calls(app, parts, session="ATUid_2").dial("12", "8")


def test_the_admin_password_is_asked_for_by_no_phone(app: Flask, parts: Parts) -> None:
    call = calls(app, parts)
    call.dial("12", "3")
    said = call.press("Deng Net", "1")
    assert "Its admin password is set on our web page or at our office only, never by phone." in said
    with parts.db.reading() as connection:
        kept = connection.execute(text("SELECT admin_password_sealed FROM hotspot WHERE ssid = 'Deng Net'")).scalar()
    assert kept is None
