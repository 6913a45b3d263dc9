"""Achol buys at the network's page, nobody else present: she is asked on her phone, and this browser is let in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from core.owners.change_owner import set_owner_state
from core.owners.page_prompts import PROMPTS_MAX
from core.owners.price_list import set_owner_price
from core.parts import Parts
from portal import hotspot, hotspot_pass
from tests.core.owners.stall import Stall, ssp
from tests.core.payments.conftest import momo
from tests.core.payments.desk import Desk
from tests.portal.hotspot_browser import Browser, achols, browser_of, choice, goes_to_router, refused, said
from tests.portal.test_hotspot_typing import by_radius, change
from tests.town import ACHOL, DENG, KIDEN, Town, count, snapshot, texts_to

__all__ = ["achols", "browser_of", "momo"]

SHARE_OF_900 = 810_00
TYPED = "0921 234 567"
TOO_LATE = "This page was open too long. If you paid, your token came by SMS: type it here."


@pytest.fixture
def page_app(parts: Parts, momo: Desk) -> Flask:
    """The page, whose payments go to the provider of the story. Both routers ask RADIUS."""
    for router in ("juba-town", "munuki"):
        by_radius(momo.town, router)
    app = Flask("hotspot page", static_folder=None)
    app.testing = True
    here = replace(parts, settings=replace(parts.settings, momo_base_url=momo.url))
    app.register_blueprint(hotspot.create_blueprint(here), url_prefix="/hotspot")
    return app


@pytest.fixture
def stall(parts: Parts, town: Town, momo: Desk) -> Stall:
    """Deng's, with his MoMo number confirmed: he has terms."""
    made = Stall(parts, town, momo.url)
    made.confirms()
    return made


def price(town: Town, plan: str, pounds: int | None) -> None:
    deng, now = town.deng.customer_id, town.parts.clock.now()
    asked = {"plan_code": plan, "price": None if pounds is None else ssp(pounds), "now": now}
    town.parts.db.run(lambda tx: set_owner_price(tx, owner_id=deng, **asked))


def test_achol_pays_at_the_owners_price_and_her_browser_is_let_in(achols: Browser, momo: Desk, stall: Stall) -> None:
    parts, town = momo.parts, momo.town
    price(town, "3H", 900)
    price(town, "1W", None)
    page = achols.opens()
    assert "3 hours SSP 900" in said(page)
    assert "SSP 8,000" not in said(page)
    waits = achols.follows(achols.buys(TYPED, "3 hours", page))
    assert "0921 234 567 is asked for the MoMo PIN to pay SSP 900." in said(waits)
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in waits.text
    assert "document.hidden||location.reload()" in waits.text
    momo.request()
    assert "Approve on your phone" in said(achols.looks_again())
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    sent = goes_to_router(achols.looks_again())
    assert stall.rows("SELECT origin, seller_id, recipient_phone, price_minor FROM token") == [
        ("sold", None, ACHOL, 900_00)
    ]
    ((user,),) = stall.rows("SELECT username FROM access_grant")
    assert sent["username"] == user
    assert [template for template, _said in texts_to(parts, ACHOL)] == ["token", "token_paid"]
    number = town.deng.number
    assert stall.books(f"owner_share:{number}") == SHARE_OF_900
    assert momo.balance() == 0


def test_a_phone_nobody_knew_buys_and_is_a_customer_in_the_language_of_the_page(achols: Browser, momo: Desk) -> None:
    achols.language = "ar"
    waits = achols.follows(achols.buys("٠٩٢٢٠٠٠٠٠٢", "ساعة", None))
    assert 'lang="ar"' in waits.text
    with momo.parts.db.reading() as connection:
        made = connection.execute(text("SELECT language, registered_through FROM customer ORDER BY id DESC")).first()
    assert tuple(made) == ("ar", "hotspot")


def test_a_network_without_an_owner_sells_at_our_prices(achols: Browser, momo: Desk) -> None:
    change(momo.town, "UPDATE hotspot SET owner_id = NULL")
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    goes_to_router(achols.looks_again())


def test_a_double_tap_is_one_payment(achols: Browser, momo: Desk) -> None:
    page = achols.opens()
    plan = choice(page, "1 hour")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _tap: achols.sends(page, "/buy", phone=TYPED, plan=plan), range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert count(momo.parts, "payment_intent") == 1
    for answer in answers:
        assert "Approve on your phone" in said(achols.follows(answer))


def test_a_form_sent_again_for_something_else_does_nothing(achols: Browser, momo: Desk) -> None:
    page = achols.opens()
    achols.buys(TYPED, "1 hour", page)
    before = snapshot(momo.parts)
    assert refused(achols.buys("0922000002", "1 hour", page), 409).startswith("This was already done in another way.")
    assert refused(achols.buys(TYPED, "3 hours", page), 409).startswith("This was already done in another way.")
    assert snapshot(momo.parts) == before


def test_a_second_page_does_not_prompt_for_the_same_again(achols: Browser, momo: Desk) -> None:
    achols.buys(TYPED, "1 hour")
    again = achols.buys(TYPED, "1 hour")
    assert refused(again) == "SSP 300 already waits for your approval on the phone. Do not pay again."
    assert f'value="{TYPED}"' in again.text  # what was typed and chosen stands there still
    assert " checked>" in again.text


def test_the_price_changed_between_the_page_and_the_payment(achols: Browser, momo: Desk) -> None:
    page = achols.opens()
    price(momo.town, "1H", 450)
    refusal = achols.buys(TYPED, "1 hour", page)
    assert refused(refusal) == "The price is now SSP 450. Nothing was paid. Please start again."
    price(momo.town, "1H", None)
    assert refused(achols.buys(TYPED, "1 hour", page)) == "This plan is no longer sold. Please choose another."
    assert count(momo.parts, "payment_intent") == 0
    achols.follows(achols.buys(TYPED, "3 hours", refusal))


def test_a_price_that_changes_while_she_types_her_pin_is_the_one_she_saw(achols: Browser, momo: Desk) -> None:
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    price(momo.town, "1H", 450)
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    goes_to_router(achols.looks_again())
    assert momo.balance() == 0


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("0911234567", "Only MTN numbers (092, 099) can pay by MoMo."),
        ("+254712345678", "Only South Sudan numbers (+211) can be used here."),
        ("12", "That is not a phone number. Write it like 0921234567."),
        ("", "That is not a phone number. Write it like 0921234567."),
        ("092123456'; --", "That is not a phone number. Write it like 0921234567."),
    ],
)
def test_a_phone_that_cannot_pay_is_refused(phone: str, sentence: str, achols: Browser, momo: Desk) -> None:
    before = snapshot(momo.parts)
    assert refused(achols.buys(phone, "1 hour")) == sentence
    assert snapshot(momo.parts) == before


def test_kiden_who_makes_up_a_form_gets_nothing(achols: Browser, momo: Desk) -> None:
    page = achols.opens()
    good = choice(page, "1 hour")
    version = good.split(":")[0]
    before = snapshot(momo.parts)
    for plan, sentence in (
        (f"{version}:1", "The price is now SSP 300. Nothing was paid. Please start again."),
        ("999999999:30000", "This plan is no longer sold. Please choose another."),
        ("", "That is not possible now."),
        ("1:²", "That is not possible now."),
        (f"{version}:-30000", "That is not possible now."),
        (f"{'9' * 30}:1", "That is not possible now."),
        ("x:y:z", "That is not possible now."),
    ):
        assert refused(achols.sends(page, "/buy", phone=KIDEN, plan=plan)) == sentence
    assert refused(achols.sends(page, "/buy", phone=KIDEN, plan=good, key="")) == "That is not possible now."
    assert refused(achols.sends(page, "/buy", phone=KIDEN, plan=good, key="x")) == "That is not possible now."
    assert snapshot(momo.parts) == before


def test_kiden_cannot_prompt_the_town_from_one_device(browser_of, momo: Desk) -> None:
    kidens = browser_of("AA:BB:CC:00:00:66")
    for number in range(PROMPTS_MAX["device"]):
        kidens.follows(kidens.buys(f"09220001{number:02}", "1 hour"))
    waits = kidens.buys("0922000199", "1 hour")
    assert refused(waits, 429) == "Too many tries. Wait 601 seconds."
    assert count(momo.parts, "payment_intent") == PROMPTS_MAX["device"]
    assert count(momo.parts, "contact", "phone = '+211922000199'") == 0
    others = browser_of("AA:BB:CC:00:00:01")
    others.follows(others.buys(TYPED, "1 hour"))
    momo.parts.clock.advance(minutes=10, seconds=1)
    kidens.follows(kidens.buys("0922000199", "1 hour"))
    assert count(momo.parts, "page_prompt", "kind = 'device'") == 1  # the others count no more and are gone


def test_whoever_changes_the_device_meets_the_limits_of_the_address_and_over_all(
    browser_of, momo: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("address", "all"):
        monkeypatch.setitem(PROMPTS_MAX, kind, 2)
        devices = [browser_of(f"AA:BB:CC:00:0{len(kind)}:0{n}") for n in range(3)]
        for number, device in enumerate(devices[:2]):
            device.follows(device.buys(f"092200{len(kind)}1{number:02}", "1 hour"))
        assert refused(devices[2].buys(TYPED, "1 hour"), 429).startswith("Too many tries.")
        monkeypatch.setitem(PROMPTS_MAX, kind, 999)
        momo.parts.clock.advance(minutes=11)


def test_all_addresses_of_one_line_prompt_as_one(browser_of, momo: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROMPTS_MAX, "address", 2)
    answers = []
    for number in range(3):
        kidens = browser_of(f"AA:BB:CC:00:07:0{number}")
        kidens.client.environ_base["REMOTE_ADDR"] = f"2001:db8:1:1::{number}"
        answers.append(kidens.buys(f"09220007{number:02}", "1 hour").status_code)
    assert answers == [303, 303, 429]


def test_nobody_learns_on_the_page_whose_account_is_stopped(achols: Browser, momo: Desk) -> None:
    number = momo.town.achol.number
    change(momo.town, "UPDATE customer SET status = 'suspended' WHERE number = :number", number=number)
    answer = achols.buys(TYPED, "1 hour")
    assert refused(answer) == "That is not possible now."
    assert number not in answer.text
    assert count(momo.parts, "payment_intent") == 0


def test_refused_on_the_phone_is_said_and_she_may_try_again(achols: Browser, momo: Desk) -> None:
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    momo.decide("reject")
    assert momo.later(seconds=5) == ["refused"]
    shown = achols.looks_again()
    assert refused(shown, 200) == "SSP 300 was not paid: it was refused on the phone."
    assert "location.reload" not in shown.text
    assert "link-login-only=http" in shown.text  # the way back knows its router
    achols.follows(achols.buys(TYPED, "1 hour"))


def test_never_approved_is_said(achols: Browser, momo: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotspot_pass, "PASS_LIVES", timedelta(days=2000))  # the platform of these stories has patience
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    momo.control("decide", msisdn=ACHOL, decision="ignore")
    momo.later(days=1001)
    assert "was not paid: it was not approved in time" in refused(achols.looks_again(), 200)


def test_late_money_makes_the_token_though_the_page_is_long_closed(achols: Browser, momo: Desk) -> None:
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    momo.later(hours=2)
    momo.decide("approve")
    assert momo.later(minutes=30) == ["paid"]
    assert [template for template, _said in texts_to(momo.parts, ACHOL)] == ["payment_unknown", "token", "token_paid"]
    assert refused(achols.looks_again(), 404) == TOO_LATE


def test_the_network_closes_before_the_money_comes_and_it_stays_hers(achols: Browser, momo: Desk) -> None:
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    change(momo.town, "UPDATE hotspot SET closed_at = :now", now=momo.parts.clock.now())
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    shown = said(achols.looks_again())
    assert "Your SSP 300 came, but no token could be made. It is on your balance: see the SMS." in shown
    assert momo.balance() == 300_00
    assert [template for template, _said in texts_to(momo.parts, ACHOL)] == ["token_not_made"]


def test_the_owner_suspended_in_mid_sale(achols: Browser, momo: Desk) -> None:
    page, town = achols.opens(), momo.town
    suspend = {"owner_id": town.deng.customer_id, "state": "suspended"}
    achols.follows(achols.buys(TYPED, "1 hour", page))
    with town.parts.db.transaction() as tx:
        set_owner_state(tx, **suspend)
    assert refused(achols.buys(DENG, "1 hour", achols.seen[0]), 409).startswith("This was already done")
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    goes_to_router(achols.client.get(achols.seen[2].request.url))


def test_who_buys_from_elsewhere_is_told_where_the_token_is(achols: Browser, momo: Desk) -> None:
    achols.at_router = {}
    achols.follows(achols.buys(TYPED, "1 hour"))
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    shown = achols.looks_again()
    assert "Paid. Your token comes by SMS: join the Wi-Fi Juba Town Wi-Fi and type it there." in said(shown)
    ((user,),) = momo.parts.db.run(lambda tx: tx.execute(text("SELECT username FROM access_grant")).all())
    assert user not in shown.text


def test_no_address_of_a_purchase_says_which_payment_or_phone(achols: Browser, momo: Desk) -> None:
    answer = achols.buys(TYPED, "1 hour")
    assert "921234567" not in answer.location
    assert "intent" not in answer.location
    assert len(answer.location) < 1500
