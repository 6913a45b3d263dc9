"""Achol buys at Deng's network while he is not there: at his price, with his share, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from core import errors
from core.owners.buy_at_network import Purchase, buy_at_network, prompt_at_network
from core.owners.change_owner import set_owner_state
from core.owners.price_list import set_owner_price
from core.owners.sales_figures import owner_sales
from core.parts import Parts
from core.tokens.sell_token import Sold
from tests.core.owners.stall import BUYER, Stall, ssp
from tests.core.payments.desk import Desk
from tests.town import ACHOL, DENG, Town, count, snapshot, texts_to


def purchase(stall: Stall, key: str, pounds: int = 900, **changes: Any) -> Purchase:
    asked = {"hotspot_id": stall.town.hotspots["Juba Town Wi-Fi"], "version_id": stall.town.plans["3H"]}
    return Purchase(request_key=key, shown=ssp(pounds), **(asked | {"recipient_phone": ACHOL} | changes))


def buys(stall: Stall, key: str, pounds: int = 900, **changes: Any) -> Sold:
    wanted, buyer = purchase(stall, key, pounds, **changes), stall.who(ACHOL)
    return stall.parts.db.run(lambda tx: buy_at_network(tx, purchase=wanted, buyer=buyer, **stall.tools))


def asks(stall: Stall, key: str, pounds: int = 900, payer: str = ACHOL, **changes: Any) -> int:
    wanted, buyer = purchase(stall, key, pounds, **changes), stall.who(ACHOL)
    more = {"platform": stall.platform, "now": stall.parts.clock.now(), "ids": stall.parts.ids}
    return stall.parts.db.run(
        lambda tx: prompt_at_network(tx, purchase=wanted, buyer=buyer, payer_phone=payer, **more)
    ).intent_id


def priced(stall: Stall, pounds: int | None, plan: str = "3H") -> None:
    deng, now = stall.town.deng.customer_id, stall.parts.clock.now()
    price = None if pounds is None else ssp(pounds)
    stall.parts.db.run(lambda tx: set_owner_price(tx, owner_id=deng, plan_code=plan, price=price, now=now))


def state(stall: Stall, to: Any) -> None:
    deng = stall.town.deng.customer_id
    stall.parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state=to))


def test_the_owners_price_leaves_the_balance_and_the_share_accrues_once(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    priced(stall, 900)
    stall.town.give(stall.town.achol, 2000)
    assert not buys(stall, "one").again
    assert buys(stall, "one").again
    assert stall.town.balance(stall.town.achol) == ssp(1100)
    assert stall.rows("SELECT origin, price_minor FROM token") == [("sold", 900_00)]
    assert stall.books(f"owner_share:{stall.town.deng.number}") == 810_00
    assert [template for template, _said in texts_to(parts, ACHOL)].count("token") == 1
    with parts.db.reading() as connection:
        found = owner_sales(connection, stall.town.deng.customer_id, parts.clock.now())
    assert found.today.by_method["wallet"].amount == ssp(900)


def test_a_request_repeated_after_the_price_changed_is_served_as_it_was(stall: Stall, parts: Parts) -> None:
    priced(stall, 900)
    stall.town.give(stall.town.achol, 2000)
    sold = buys(stall, "one")
    priced(stall, 950)
    before = snapshot(parts)
    assert buys(stall, "one") == Sold(sold.token_id, again=True)
    with pytest.raises(errors.KeyReused):
        buys(stall, "one", version_id=stall.town.plans["1H"])
    assert snapshot(parts) == before


def test_what_is_refused_sells_and_charges_nothing(stall: Stall, parts: Parts) -> None:
    stall.town.give(stall.town.achol, 2000)
    priced(stall, 900)
    priced(stall, None, "1D")
    refusals: list[tuple[type[errors.Refusal], dict[str, Any]]] = [
        (errors.PriceChanged, {"pounds": 700}),
        (errors.NotOnList, {"version_id": stall.town.plans["1D"], "pounds": 1500}),
        (errors.NoHotspot, {"hotspot_id": 99_999}),
        (errors.InsufficientBalance, {"version_id": stall.town.plans["1W"], "pounds": 8000}),
    ]
    before = snapshot(parts)
    for kind, changes in refusals:
        with pytest.raises(kind):
            buys(stall, "no", **changes)
    for kind, changes in refusals[:3]:
        with pytest.raises(kind):
            asks(stall, "no", **changes)
    state(stall, "suspended")
    for verb in (buys, asks):
        with pytest.raises(errors.OwnerSuspended):
            verb(stall, "no")
    state(stall, "active")
    assert snapshot(parts) == before


def test_a_network_of_our_own_sells_at_our_price(stall: Stall, town: Town) -> None:
    spot = town.hotspots["Munuki Net"]
    stall.parts.db.run(lambda tx: tx.execute(text("UPDATE hotspot SET owner_id = NULL WHERE id = :id"), {"id": spot}))
    priced(stall, 900)
    town.give(town.achol, 2000)
    with pytest.raises(errors.PriceChanged):
        buys(stall, "dear", hotspot_id=spot)
    buys(stall, "ours", 700, hotspot_id=spot)
    assert town.balance(town.achol) == ssp(1300)


def test_paid_late_it_is_delivered_at_the_price_that_was_shown(stall: Stall, parts: Parts, momo: Desk) -> None:
    stall.platform = momo.url
    stall.confirms()
    priced(stall, 900)
    intent = asks(stall, "late")
    assert asks(stall, "late") == intent
    momo.request()
    priced(stall, 5000)
    assert asks(stall, "late") == intent
    state(stall, "suspended")
    momo.decide("approve")
    assert momo.later(minutes=20) == ["paid"]
    assert stall.rows("SELECT origin, price_minor, recipient_phone FROM token") == [("sold", 900_00, ACHOL)]
    assert stall.town.balance(stall.town.achol) == ssp(0)
    assert stall.books(f"owner_share:{stall.town.deng.number}") == 810_00
    with pytest.raises(errors.KeyReused):
        asks(stall, "late", recipient_phone=BUYER)


def test_a_suspension_comes_before_a_purchase_or_after_it(stall: Stall, parts: Parts) -> None:
    stall.town.give(stall.town.achol, 20_000)
    start = threading.Barrier(6)

    def buyer(number: int) -> str:
        start.wait()
        try:
            buys(stall, f"race {number}", 700)
        except errors.OwnerSuspended:
            return "suspended"
        return "sold"

    def suspends() -> None:
        start.wait()
        state(stall, "suspended")

    with ThreadPoolExecutor(6) as pool:
        outcomes = [pool.submit(buyer, number) for number in range(5)]
        pool.submit(suspends).result()
        sold = [one.result() for one in outcomes].count("sold")
    assert count(parts, "token") == sold
    assert stall.town.balance(stall.town.achol) == ssp(20_000 - 700 * sold)
    assert stall.who(DENG).status == "active"
    with pytest.raises(errors.OwnerSuspended):
        buys(stall, "after", 700)
