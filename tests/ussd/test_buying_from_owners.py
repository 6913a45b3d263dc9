"""Buying at an owner's network by phone: at the owner's price, and at no other than the one on the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.money import Money
from core.owners.change_owner import set_owner_state
from core.owners.price_list import set_owner_price
from core.parts import Parts
from tests.town import ACHOL, Call, Town, count, snapshot, texts_to


def takes(parts: Parts, town: Town, pounds: int | None) -> None:
    """Deng, for an hour."""
    price = None if pounds is None else Money.of(pounds, "SSP")
    now, deng = parts.clock.now(), town.deng.customer_id
    parts.db.run(lambda tx: set_owner_price(tx, owner_id=deng, plan_code="1H", price=price, now=now))


@pytest.fixture(autouse=True)
def dear(parts: Parts, town: Town) -> None:
    takes(parts, town, 350)
    town.give(town.achol, 400)


def test_the_poster_leads_to_the_owners_list_and_its_price_is_paid_once(
    calling: Callable[..., Call], parts: Parts
) -> None:
    call = calling()
    assert "1. 1 hour 350" in call.dial("2", "11")
    assert "pay SSP 350?" in call.press("1", "1")
    paid = call.press("1")
    assert paid.startswith("END Paid SSP 350 from your balance.")
    assert call.hop(call.text) == paid
    assert count(parts, "token", "price_minor = 35000 AND origin = 'sold'") == 1
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["cash_receipt", "token"]


def test_by_momo_the_owners_price_is_asked_for(calling: Callable[..., Call], parts: Parts) -> None:
    call = calling()
    call.dial("2", "1", "12", "1")
    assert call.press("2").startswith("END Approve SSP 350 on 0921 234 567")
    assert count(parts, "payment_intent", "amount_minor = 35000 AND purpose = 'token'") == 1


@pytest.mark.parametrize("way", ["1", "2"])
def test_a_price_that_changed_since_is_said_and_nothing_is_paid(
    calling: Callable[..., Call], parts: Parts, town: Town, way: str
) -> None:
    call = calling()
    call.dial("2", "11", "1", "1")
    takes(parts, town, 390)
    before = snapshot(parts, besides=("ussd_session",))
    said = call.press(way)
    assert said == "END The price is now SSP 390. Nothing was paid. Please start again."
    assert call.hop(call.text) == said
    assert snapshot(parts, besides=("ussd_session",)) == before


@pytest.mark.parametrize("way", ["1", "2"])
def test_what_came_off_the_list_and_who_may_not_sell_are_said(
    calling: Callable[..., Call], parts: Parts, town: Town, way: str
) -> None:
    call = calling()
    call.dial("2", "11", "1", "1")
    takes(parts, town, None)
    assert call.press(way) == "END This plan is no longer sold. Please choose another."
    takes(parts, town, 350)
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=town.deng.customer_id, state="suspended"))
    other = calling(session="ATUid_2")
    other.dial("2", "11", "1", "1")
    assert other.press(way).startswith("END This Wi-Fi may not sell now. Please call us")
    assert count(parts, "token") == count(parts, "payment_intent") == 0
