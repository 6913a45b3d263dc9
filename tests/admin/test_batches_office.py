"""Cards at a desk: made, printed with a line in the trail, and opened by their range or by scanning one."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from core.money import Money
from core.tokens.make_batch import card_number
from tests.admin.conftest import Desk
from tests.core.documents.test_pdf import words_on
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, Town, count, everything_agrees, snapshot


@pytest.fixture
def cards(app, town: Town) -> Cards:
    return Cards(town)


@pytest.fixture
def rose(desk_of) -> Desk:
    return desk_of("rose")


def code_of_network(town: Town, name: str = "Juba Town Wi-Fi") -> int:
    with town.parts.db.reading() as connection:
        query = text("SELECT code FROM hotspot WHERE id = :id")
        return int(connection.execute(query, {"id": town.hotspots[name]}).scalar_one())


def make(desk: Desk, town: Town, **changes):
    form = {
        "key": desk.key("/cards"), "network": f" 0{code_of_network(town)}", "plan": town.plans["1H"], "cards": "٢٥",
        "price": "", "campaign": "",
    }  # fmt: skip
    return desk.post("/cards", **form | changes)


def test_mary_makes_cards_prints_them_and_rose_opens_those_she_sells(mary: Desk, rose: Desk, town: Town, cards: Cards):
    told = mary.told(made := make(mary, town, campaign="Market day"))
    assert told == "The cards are made. They are good for nothing until they are sold."
    path = made.location.removeprefix("/admin")
    batch = int(path.rpartition("/")[2])
    printed = mary.post(f"{path}/print", first="3", last=card_number(batch, 5), form="a4", language="ar")
    assert printed.content_type == "application/pdf"
    assert printed.headers["Cache-Control"] == "no-store"
    codes = cards.codes(batch)
    words = [word.replace("-", "") for word in words_on(printed.get_data())]
    assert [code in words for code in codes[:6]] == [False, False, True, True, True, False]
    detail = 'act = \'cards_printed\' AND subject = :of AND detail = \'{"first": 3, "last": 5, "form": "a4"}\''
    assert count(town.parts, "audit_entry", detail, of=f"batch:{batch}") == 1
    key = rose.key(path)
    opened = rose.post(f"{path}/sell", key=key, first=codes[2].upper(), last="5")
    assert rose.told(opened) == "Cards 3 to 5 are open."
    rose.post(f"{path}/sell", key=key, first=codes[2].upper(), last="5")
    assert count(town.parts, "token_card_sale") == 1
    assert count(town.parts, "audit_entry", "act = 'cards_sold'") == 1
    assert cards.type(codes[4], phone=ACHOL).ssid == "Juba Town Wi-Fi"
    page = re.sub(r"<[^>]*>", "", rose.get("/cards").text)
    for said in ("Market day", "cards: 25", "sold: 3", "used: 1"):
        assert said in page
    everything_agrees(town.parts)


@pytest.mark.parametrize("spelling", ["link", "number", "code"])
def test_a_card_is_opened_by_scanning_it(rose: Desk, town: Town, cards: Cards, spelling: str):
    batch = cards.make(4).batch_id
    code = cards.codes(batch)[1]
    said = {
        "link": f"http://127.0.0.1:1/hotspot/1#{code}",
        "number": f" {card_number(batch, 2)} ",
        "code": f"{code[:4].upper()} {code[4:]}",
    }
    told = rose.told(rose.post("/cards/scanned", key=rose.key("/cards"), card=said[spelling]))
    assert told == f"Card {card_number(batch, 2)} is open: 1 hour, SSP 300."
    again = rose.refused(rose.post("/cards/scanned", key=rose.key("/cards"), card=said[spelling]))
    assert again == "Cards 2 to 2: some are sold already or not there. Nothing was done."
    assert count(town.parts, "token_card", "sale_id IS NOT NULL") == 1


def test_what_is_no_card_opens_none(rose: Desk, town: Town, cards: Cards):
    batch = cards.make(4).batch_id
    other = cards.make(4, key="other").batch_id
    wrong = card_number(batch, 2)[:-1] + str((int(card_number(batch, 2)[-1]) + 1) % 10)
    key = rose.key(f"/cards/{batch}")
    before = snapshot(town.parts)
    for said in ("", "acdefhjkmnprtw", wrong, "999-0000015", "no code at all", "x" * 250, "9" * 30 + "-0000015"):
        assert rose.post("/cards/scanned", key=key, card=said).status_code == 404, said
    path = f"/cards/{batch}/sell"
    assert rose.post(path, key=key, first="1", last=card_number(other, 2)).status_code == 404
    assert rose.post(path, key=key, first="", last="").status_code == 404
    for first, last in (("0", "2"), ("3", "2"), ("1", "5")):
        assert rose.post(path, key=key, first=first, last=last).status_code == 422
    assert rose.post("/cards/999999/sell", key=key, first="1", last="1").status_code == 404
    assert snapshot(town.parts) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "99999"}, {"network": "x"}, {"plan": "0"}, {"plan": ""}, {"cards": "0"}, {"cards": "100001"},
        {"cards": "many"}, {"price": "1.5"}, {"price": "999999999999"}, {"key": "none"},
    ],
)  # fmt: skip
def test_cards_that_cannot_be_made_are_not(mary: Desk, town: Town, changes: dict[str, str]):
    mary.get("/cards")
    before = snapshot(town.parts)
    assert make(mary, town, **changes).status_code == 422
    assert snapshot(town.parts) == before


def test_the_same_form_makes_them_once(mary: Desk, town: Town):
    key = mary.key("/cards")
    first = make(mary, town, key=key)
    assert make(mary, town, key=key).location == first.location
    assert count(town.parts, "token_batch") == 1
    assert count(town.parts, "audit_entry", "act = 'cards_made'") == 1


def test_cards_of_our_own_networks_are_paid_from_a_balance(rose: Desk, town: Town, cards: Cards):
    with town.parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET owner_id = NULL WHERE id = :id"), {"id": town.hotspots["Juba Town Wi-Fi"]})
    batch = cards.make(10).batch_id
    town.give(town.achol, 1_000)
    path = f"/cards/{batch}/sell"
    form = {"key": rose.key(f"/cards/{batch}"), "first": "1", "last": "3"}
    before = snapshot(town.parts)
    told = "Cards of our own networks are paid from a balance: open them on their batch's page."
    assert rose.refused(rose.post(path, **form)) == told
    assert rose.refused(rose.post("/cards/scanned", key=form["key"], card=card_number(batch, 1))) == told
    assert rose.post(path, **form, buyer="0929999999").status_code == 404
    assert rose.post(path, **(form | {"last": "4"}), buyer=town.achol.number).status_code == 422
    assert snapshot(town.parts) == before
    for said in (town.achol.number, "0921 234 567"):
        assert rose.told(rose.post(path, **form, buyer=said)) == "Cards 1 to 3 are open."
    assert town.balance(town.achol) == Money.of(100, "SSP")
    assert rose.post(path, **form, buyer=town.deng.number).status_code == 409
    assert rose.told(rose.post(path, key=rose.key("/cards"), first="9", last="10", for_nothing="yes"))
    assert (
        count(town.parts, "audit_entry", "act = 'cards_sold' AND detail ->> 'customer' = :n", n=town.achol.number) == 1
    )
    everything_agrees(town.parts)


def test_cards_for_a_campaign_are_given_away_for_nothing(mary: Desk, town: Town, cards: Cards):
    made = make(mary, town, price="250")
    batch = int(made.location.rpartition("/")[2])
    key = mary.key(f"/cards/{batch}")
    mary.post(f"/cards/{batch}/sell", key=key, first="1", last="10", for_nothing="yes")
    sales = "means = 'given' AND price_minor = 0 AND seller_id = :deng"
    assert count(town.parts, "token_card_sale", sales, deng=town.deng.customer_id) == 1


def test_kiden_and_who_only_sells_see_no_code(kiden: Desk, rose: Desk, desk_of, town: Town, cards: Cards):
    batch = cards.make(3).batch_id
    codes = cards.codes(batch)
    form = {"first": "1", "last": "3", "form": "csv", "language": "en"}
    before = snapshot(town.parts)
    assert kiden.post(f"/cards/{batch}/print", **form).status_code == 303
    for desk in (rose, desk_of("gatluak")):
        assert desk.post(f"/cards/{batch}/print", **form).status_code == 403
    assert desk_of("gatluak").get("/cards").status_code == 403
    page = rose.get(f"/cards/{batch}").text
    assert f"/cards/{batch}/print" not in page
    assert not any(code in page or code[:4] in page for code in codes)
    assert {
        table: rows
        for table, rows in snapshot(town.parts).items()
        if "staff_session" not in table and table != "audit_entry"
    } == {table: rows for table, rows in before.items() if "staff_session" not in table and table != "audit_entry"}


def test_mary_takes_a_lost_sheet_back_and_rose_cannot(mary: Desk, rose: Desk, town: Town, cards: Cards):
    batch = cards.make(10).batch_id
    codes = cards.codes(batch)
    cards.sell(batch, 1, 6)
    cards.type(codes[0], phone=ACHOL)
    path, form = f"/cards/{batch}/void", {"first": "1", "last": "8", "why": "lost", "refund": "yes"}
    assert rose.post(path, key="0" * 32, **form).status_code == 403
    key = mary.key(f"/cards/{batch}")
    assert "7" in (told := mary.told(mary.post(path, key=key, **form)))
    assert "1,500" in told
    before = snapshot(town.parts)
    mary.post(path, key=key, **form)
    assert mary.post(path, key=mary.key(f"/cards/{batch}"), **form).status_code == 422
    assert snapshot(town.parts) == before
    assert count(town.parts, "token_card", "voided_at IS NOT NULL") == 7
    assert count(town.parts, "audit_entry", "act = 'cards_voided'") == 1
    everything_agrees(town.parts)
