"""An owner's cards on the web: made at their own price, printed, and opened by them or by who helps them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.errors import Refusal
from core.money import Money
from core.owners.change_owner import set_owner_state
from core.owners.limits import CARDS_UNSOLD_MAX
from core.owners.price_list import set_owner_price
from core.tokens.make_batch import card_number
from tests.core.documents.test_card_sheet import squares_on
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_cards import agree, owes
from tests.portal.browser import Browser, said
from tests.town import ACHOL, Town, count, everything_agrees, snapshot


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)


def form_of(browser: Browser, town: Town, pounds: int = 700, **more: str) -> dict[str, str]:
    spot = str(town.hotspots["Juba Town Wi-Fi"])
    plan = f"{town.plans['3H']}:{pounds * 100}"
    return {"key": browser.key("/cards"), "network": spot, "plan": plan, "cards": "٦", "campaign": ""} | more


def own_price(town: Town, pounds: int) -> None:
    with town.parts.db.transaction() as tx:
        price, now = Money.of(pounds, "SSP"), town.parts.clock.now()
        set_owner_price(tx, owner_id=town.deng.customer_id, plan_code="3H", price=price, now=now)


def last_batch(town: Town) -> int:
    with town.parts.db.reading() as connection:
        return int(connection.execute(text("SELECT max(id) FROM token_batch")).scalar_one())


def test_deng_makes_cards_at_his_price_prints_them_and_his_helper_opens_those_sold(deng, browser_of, town, cards):
    agree(town)
    own_price(town, 650)
    made = deng.told(deng.post("/cards", **form_of(deng, town, 650, campaign="Market  day")))
    assert made == "The cards are made. They are good for nothing until they are sold."
    batch = last_batch(town)
    printed = deng.post(f"/cards/{batch}/print", first="1", last="6", form="a4", language="ar")
    assert printed.headers["Cache-Control"] == "no-store"
    codes = sorted(link.rpartition("#")[2] for link in squares_on(printed.get_data(), 150))
    assert codes == sorted(cards.codes(batch))
    trail = "act = 'cards_printed' AND staff_id IS NULL AND subject = :of AND detail ->> 'owner' = :deng"
    assert count(town.parts, "audit_entry", trail, of=f"batch:{batch}", deng=town.deng.number) == 1
    helper = browser_of("helper")
    opened = helper.post(
        f"/cards/{batch}/open", key=helper.key(f"/cards/{batch}"), first="2", last=card_number(batch, 4)
    )
    assert helper.told(opened) == "Cards 2 to 4 are open."
    assert owes(town) == 3 * 65_00
    assert count(town.parts, "token_card_sale", "seller_id <> :deng", deng=town.deng.customer_id) == 1
    assert cards.type(cards.codes(batch)[2], phone=ACHOL).ssid == "Juba Town Wi-Fi"
    page = said(deng.get("/cards").text)
    for words in ("Market day", "SSP 650", "cards: 6", "sold: 3", "used: 1"):
        assert words in page
    everything_agrees(town.parts)


def test_one_card_is_opened_by_scanning_it_and_a_double_tap_opens_it_once(deng, town, cards):
    batch = cards.make(3).batch_id
    code = cards.codes(batch)[1]
    form = {"key": deng.key("/cards"), "card": f"http://127.0.0.1:1/hotspot/1#{code}"}
    told = f"Card {card_number(batch, 2)} is open: 1 hour, SSP 300."
    assert deng.told(deng.post("/cards/scanned", **form)) == told
    assert deng.told(deng.post("/cards/scanned", **form)) == told
    assert count(town.parts, "token_card", "sale_id IS NOT NULL") == 1
    again = deng.post("/cards/scanned", **(form | {"key": deng.key("/cards"), "card": code.upper()}))
    assert deng.refused(again) == "Cards 2 to 2: some are sold already or not there. Nothing was done."


def test_the_same_form_makes_them_once_even_when_the_price_changes_meanwhile(deng, town):
    form = form_of(deng, town)
    deng.post("/cards", **form)
    own_price(town, 900)
    assert deng.post("/cards", **form).status_code == 303
    assert count(town.parts, "token_batch") == 1
    assert deng.post("/cards", **(form | {"cards": "7"})).status_code == 409


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cards": "0"}, "Make 1 to 100000 cards at once."),
        ({"cards": "100001"}, "Make 1 to 100000 cards at once."),
        ({"cards": "-5"}, "Make 1 to 100000 cards at once."),
        ({"cards": "²"}, "Make 1 to 100000 cards at once."),
        ({"plan": ""}, "This plan is no longer sold. Please choose another."),
        ({"network": "x"}, "We could not find that."),
        ({"key": ""}, None),
    ],
)
def test_what_cannot_be_made_leaves_nothing(deng, town, changes, sentence):
    form = form_of(deng, town)
    before = snapshot(town.parts)
    answer = deng.post("/cards", **(form | changes))
    told = deng.refused(answer, answer.status_code)
    assert answer.status_code in (404, 422)
    assert sentence in (None, told)
    assert snapshot(town.parts) == before


def test_a_price_that_changed_since_the_page_was_shown_is_said(deng, town):
    form = form_of(deng, town)
    own_price(town, 900)
    assert "SSP 900" in deng.refused(deng.post("/cards", **form))
    assert count(town.parts, "token_batch") == 0


def test_an_owner_who_is_suspended_makes_and_opens_none(deng, town, cards):
    batch = cards.make(3).batch_id
    form, key = form_of(deng, town), deng.key("/cards")
    with town.parts.db.transaction() as tx:
        set_owner_state(tx, owner_id=town.deng.customer_id, state="suspended")
    before = snapshot(town.parts)
    for answer in (deng.post("/cards", **form), deng.post(f"/cards/{batch}/open", key=key, first="1", last="2")):
        assert deng.refused(answer) == "This Wi-Fi may not sell now. Please call us."
    assert snapshot(town.parts) == before


def test_nobody_hoards_cards(deng, town, cards):
    with town.parts.db.transaction() as tx:
        tx.execute(
            text("""
                INSERT INTO token_batch (request_key, hotspot_id, plan_version_id, price_minor, currency, cards, maker_id,
                                         made_at)
                SELECT 'many' || n, :spot, :plan, 0, 'SSP', 100000, :deng, now() FROM generate_series(1, 2) n
            """),
            {"spot": town.hotspots["Juba Town Wi-Fi"], "plan": town.plans["1H"], "deng": town.deng.customer_id},
        )
    told = deng.refused(deng.post("/cards", **form_of(deng, town)))
    assert (
        told
        == f"You have {CARDS_UNSOLD_MAX} cards that are not sold. More than {CARDS_UNSOLD_MAX} at once may not be made."
    )


def test_a_helper_makes_and_prints_none_and_sees_no_code(browser_of, town, cards):
    batch = cards.make(3).batch_id
    helper = browser_of("helper")
    assert helper.post("/cards", **form_of(helper, town)).status_code == 403
    assert helper.post(f"/cards/{batch}/print", first="1", last="3", form="csv", language="en").status_code == 403
    pages = helper.get("/cards").text + helper.get(f"/cards/{batch}").text
    assert "/print" not in pages
    assert "Make cards" not in pages
    assert not any(code in pages for code in cards.codes(batch))


def test_deng_takes_back_cards_he_lost(deng, browser_of, town, cards):
    batch = cards.make(6).batch_id
    codes = cards.codes(batch)
    cards.sell(batch, 1, 2)
    helper = browser_of("helper")
    form = {"first": "2", "last": card_number(batch, 6), "why": "lost on the way"}
    assert helper.post(f"/cards/{batch}/void", key=helper.key("/cards"), **form).status_code == 403
    form["key"] = deng.key(f"/cards/{batch}")
    assert deng.refused(deng.post(f"/cards/{batch}/void", **(form | {"why": ""}))) == "Write the reason."
    for _tap in range(2):
        assert deng.told(deng.post(f"/cards/{batch}/void", **form)) == "Cards taken back: 5."
    for code in codes[1:3]:
        with pytest.raises(Refusal):
            cards.type(code, phone=ACHOL)
    assert cards.type(codes[0], phone=ACHOL).ssid == "Juba Town Wi-Fi"
    assert count(town.parts, "token_card_void", "seller_id = :deng", deng=town.deng.customer_id) == 1
    everything_agrees(town.parts)


def test_another_owner_and_kiden_get_at_none_of_dengs(kiden, browser_of, town, cards):
    batch = cards.make(3).batch_id
    code = cards.codes(batch)[0]
    achol = browser_of("achol")
    signed = achol.post(
        "/sign-up", key=achol.key("/"), momo="0921234567", ssid="Achol Net", place="", reach="mikrotik",
        wifi_password="achols-own-0ne",
    )  # fmt: skip
    assert signed.status_code == 303
    stranger = browser_of("kiden")
    key, form = achol.key("/cards"), {"first": "1", "last": "3", "form": "csv", "language": "en"}
    before = snapshot(town.parts)
    assert achol.get(f"/cards/{batch}").status_code == 404
    assert achol.post(f"/cards/{batch}/print", **form).status_code == 404
    assert achol.post(f"/cards/{batch}/open", key=key, first="1", last="1").status_code == 404
    assert achol.post("/cards/scanned", key=key, card=code).status_code == 404
    assert achol.post(f"/cards/{batch}/void", key=key, first="1", last="3", why="mine").status_code == 404
    assert achol.post("/cards", **(form_of(achol, town) | {"key": key})).status_code == 422
    assert code[:4] not in achol.get("/cards").text
    for path in ("/cards", "/cards/scanned", f"/cards/{batch}/open", f"/cards/{batch}/print"):
        assert stranger.post(path, **form).status_code == 403
        assert kiden.post(path, **form).status_code == 303
    assert snapshot(town.parts) == before
