"""Selling a token: money, credentials, router and text, together and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from core.callers.carry_out import Asked, carry_out
from core.callers.commands import BuyToken, ResendToken
from core.catalog.models import Plan
from core.customers.change import set_status
from core.errors import CustomerNotActive, InsufficientBalance, NoHotspot, NotACustomer, NotFound, PlanGone, Refusal
from core.money import Money
from core.parts import Parts
from core.tokens.models import Token
from core.tokens.sell_token import sell_token
from tests.town import ACHOL, DENG, KIDEN, Town, count, everything_agrees, snapshot, texts_to


def buy(town: Town, key: str, *, phone: str = ACHOL, **changes) -> None:
    parts = town.parts
    command = BuyToken(
        version_id=changes.get("version", town.plans["1H"]),
        price=Money.of(300, "SSP"),
        hotspot_id=changes.get("hotspot", town.hotspots["Juba Town Wi-Fi"]),
        recipient=changes.get("recipient", phone),
        pay_with=changes.get("pay_with", "balance"),
        payer=phone,
    )
    asked = Asked(phone, "ussd", key, parts.clock.now())
    parts.db.run(lambda tx: carry_out(tx, command, asked, parts))


def test_two_who_spend_the_money_for_one_get_one(town: Town, parts: Parts) -> None:
    town.give(town.achol, 500)

    def attempt(number: int) -> str:
        try:
            buy(town, f"hop-{number}")
        except InsufficientBalance as refusal:
            return str(refusal.have)
        return "sold"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(attempt, range(6)))
    assert outcomes == ["SSP 200"] * 5 + ["sold"]
    assert town.balance(town.achol) == Money.of(200, "SSP")
    assert count(parts, "token") == 1
    everything_agrees(parts)


def test_the_same_request_is_one_sale_even_after_the_plan_is_gone(town: Town, parts: Parts) -> None:
    town.give(town.achol, 1000)
    buy(town, "hop-1")
    before = snapshot(parts)
    buy(town, "hop-1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: buy(town, "hop-1"), range(4)))
    assert snapshot(parts) == before


def test_a_sale_refused_leaves_no_trace(town: Town, parts: Parts) -> None:
    before = snapshot(parts)
    refusals: list[tuple[type[Refusal], dict]] = [
        (InsufficientBalance, {}),
        (NotACustomer, {"phone": KIDEN}),
        (NoHotspot, {"hotspot": 99_999}),
    ]
    for kind, changes in refusals:
        with pytest.raises(kind):
            buy(town, "hop", **changes)
    assert snapshot(parts) == before
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.achol.customer_id, status="suspended")
    before = snapshot(parts)
    with pytest.raises(CustomerNotActive):
        buy(town, "hop")
    assert snapshot(parts) == before


def test_an_offer_of_yesterday_is_gone_not_repriced(town: Town, parts: Parts) -> None:
    town.give(town.achol, 1000)
    with parts.db.transaction() as tx:
        tx.execute(update(Plan).where(Plan.code == "1H").values(withdrawn_at=parts.clock.now()))
    before = snapshot(parts)
    with pytest.raises(PlanGone):
        buy(town, "hop")
    assert snapshot(parts) == before


def test_the_one_it_is_for_gets_the_code_and_the_one_who_pays_pays(town: Town, parts: Parts) -> None:
    town.give(town.achol, 300)
    buy(town, "hop", recipient=DENG)
    ((template, shown),) = texts_to(parts, DENG)
    assert template == "token"
    assert shown.count("***") == 2
    assert [name for name, _ in texts_to(parts, ACHOL)] == ["cash_receipt"]
    everything_agrees(parts)


def test_a_password_is_texted_again_to_its_phone_only(town: Town, parts: Parts) -> None:
    town.give(town.achol, 300)
    buy(town, "hop")
    with parts.db.reading() as connection:
        token_id = connection.execute(select(Token.id)).scalar_one()

    def resend(phone: str, key: str) -> None:
        parts.db.run(
            lambda tx: carry_out(tx, ResendToken(token_id), Asked(phone, "ussd", key, parts.clock.now()), parts)
        )

    before = snapshot(parts)
    for phone, refusal in ((DENG, NotFound), (KIDEN, NotACustomer)):
        with pytest.raises(refusal):
            resend(phone, "again")
    assert snapshot(parts) == before
    for _ in range(3):
        resend(ACHOL, "again")
    assert [name for name, _ in texts_to(parts, ACHOL)] == ["cash_receipt", "token", "token"]


def test_what_is_stored_of_a_token_opens_only_with_the_key(town: Town, parts: Parts) -> None:
    town.give(town.achol, 300)
    buy(town, "hop")
    with parts.db.reading() as connection:
        sealed = connection.execute(text("SELECT password_sealed FROM access_grant")).scalar_one()
        password = parts.sealer.open(sealed)
        message = connection.execute(text("SELECT shown, text_sealed FROM text_message WHERE template = 'token'")).one()
        assert password in parts.sealer.open(message.text_sealed)
        for table in snapshot(parts):
            rows = connection.execute(
                text(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            ).scalar_one()
            assert password not in rows, table


def test_the_sale_itself_refuses_without_the_conversation(town: Town, parts: Parts) -> None:
    before = snapshot(parts)
    with pytest.raises(InsufficientBalance), parts.db.transaction() as tx:
        sell_token(
            tx,
            request_key="direct",
            buyer=town.achol,
            recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Munuki Net"],
            plan_version_id=town.plans["1D"],
            now=parts.clock.now(),
            ids=parts.ids,
            sealer=parts.sealer,
        )
    assert snapshot(parts) == before
