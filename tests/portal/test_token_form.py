"""The token form: sold for cash or by MoMo, given away; once, however often it is sent."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text, update

from core.money import Money
from core.owners.change_owner import set_gift_once, set_giveaways, set_owner_state
from core.owners.price_list import set_owner_price
from core.payments.models import PaymentIntent
from core.payouts.owner_terms import set_owner_terms
from tests.core.owners.stall import BUYER
from tests.portal.browser import said, sale_form
from tests.town import ACHOL, DENG, count, snapshot, texts_to


@pytest.fixture
def confirmed(parts, town):
    """Deng's MoMo number is confirmed, with terms."""
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE wifi_owner SET momo_phone = :p, momo_confirmed_at = :n"), {"p": DENG, "n": now})
        set_owner_terms(
            tx, owner_id=town.deng.customer_id, from_day=now.date(), commission_millionths=100_000,
            withholding_millionths=100_000, payout_phone=DENG, staff_id=None, now=now,
        )  # fmt: skip


def said_of(deng, answer):
    assert answer.status_code == 303, said(answer.text)
    return said(deng.client.get(answer.location).text)


def test_a_cash_sale_says_what_happened_and_that_the_sms_is_under_way(deng, sale, parts):
    page = said_of(deng, deng.post("/sell", **sale))
    assert "The token goes to 0921 234 567 by SMS." in page
    assert "cash · SSP 700" in page
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token"]
    assert count(parts, "token", "origin = 'cash'") == 1


def test_a_double_tap_and_a_replay_are_one_sale_and_the_same_answer(deng, sale, parts):
    first = deng.post("/sell", **sale)
    again = deng.post("/sell", **sale)
    assert first.location == again.location
    assert said_of(deng, first) == said_of(deng, again)
    assert count(parts, "token") == 1


def test_the_same_form_with_another_content_is_refused(deng, sale, parts):
    deng.post("/sell", **sale)
    answer = deng.post("/sell", **(sale | {"recipient": "0922000002"}))
    assert "already done in another way" in deng.refused(answer, 409)
    assert count(parts, "token") == 1


@pytest.mark.parametrize("key", ["", "no-uuid", "1"])
def test_a_form_without_a_key_of_ours_does_nothing(deng, sale, parts, key):
    assert deng.post("/sell", **(sale | {"key": key})).status_code == 422
    assert count(parts, "token") == 0


def test_a_price_that_changed_since_the_screen_refuses(deng, sale, parts, town):
    with parts.db.transaction() as tx:
        set_owner_price(
            tx, owner_id=town.deng.customer_id, plan_code="3H", price=Money.of(900, "SSP"), now=parts.clock.now()
        )
    answer = deng.post("/sell", **sale)
    assert deng.refused(answer) == "The price is now SSP 900. Nothing was paid. Please start again."
    assert "SSP 900" in answer.text
    assert count(parts, "token") == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"recipient": "+254712345678"}, "Only South Sudan numbers (+211) can be used here."),
        ({"recipient": ""}, "That is not a phone number. Write it like 0921234567."),
        ({"recipient": "0991234567"}, "That is your own number."),
        ({"plan": ""}, "This plan is no longer sold. Please choose another."),
        ({"plan": "99999999999999999999:1"}, "This plan is no longer sold. Please choose another."),
        ({"plan": "1:0"}, "This plan is no longer sold. Please choose another."),
        ({"network": "99999"}, "This Wi-Fi is closed now. Please choose another."),
        ({"network": "-1"}, "We could not find that."),
        ({"means": "later"}, "That is not possible now."),
        ({"means": "momo"}, "The owner's MoMo number is not confirmed yet. Take cash."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_nothing_is_half_sold(deng, sale, parts, wrong, sentence):
    before = snapshot(parts)
    answer = deng.post("/sell", **(sale | wrong))
    assert deng.refused(answer, answer.status_code) == sentence
    assert answer.status_code in (404, 422)
    assert snapshot(parts) == before


def test_a_plan_that_never_was_is_refused(deng, sale, parts):
    answer = deng.post("/sell", **(sale | {"plan": "987654:70000"}))
    assert deng.refused(answer) == "That is not on your price list."
    assert count(parts, "token") == 0


def test_what_was_typed_stays_in_a_form_that_was_refused(deng, sale):
    page = deng.post("/sell", **(sale | {"recipient": "12345"})).text
    assert 'value="12345"' in page
    assert re.search(r'id="plan-2" value="2:70000" checked', page)


def test_a_gift_has_its_campaign_and_the_day_its_limit(deng, sale, parts, town):
    gift = sale | {"means": "given", "campaign": "Opening day"}
    assert "free" in said_of(deng, deng.post("/sell", **gift))
    assert count(parts, "token", "origin = 'given' AND campaign = 'Opening day' AND price_minor = 0") == 1
    assert "9 of 10 free tokens are left today." in said(deng.get("/").text)
    with parts.db.transaction() as tx:
        set_gift_once(tx, owner_id=town.deng.customer_id, once=True)
    again = gift | {"key": deng.key("/")}
    assert deng.refused(deng.post("/sell", **again)) == "0921 234 567 had a free token today already."


def test_a_helper_sells_but_gives_nothing_away_and_sees_their_own_sales_of_today(browser_of, town, stall, parts, clock):
    helper = browser_of("helper")
    stall.sells("of-deng", BUYER)
    helper.post("/sell", **sale_form(helper, town))
    assert helper.post("/sell", **sale_form(helper, town, means="given")).status_code == 422
    assert 'value="given"' not in helper.get("/").text
    page = said(helper.get("/sales").text)
    assert "0921 234 567" in page
    assert "0922 000 002" not in page
    clock.advance(days=1)
    assert "0921 234 567" not in said(helper.get("/sales").text)
    assert count(parts, "token", "origin = 'given'") == 0


def test_an_owner_who_is_suspended_sells_nothing(deng, sale, parts, town):
    with parts.db.transaction() as tx:
        set_owner_state(tx, owner_id=town.deng.customer_id, state="suspended")
    assert "may not sell now" in deng.get("/").text
    answer = deng.post("/sell", **sale)
    assert deng.refused(answer) == "This Wi-Fi may not sell now. Please call us."
    assert count(parts, "token") == 0


def test_by_momo_the_page_waits(deng, parts, town, confirmed):
    form = sale_form(deng, town, means="momo", payer="0922000002")
    asked = deng.post("/sell", **form)
    page = deng.client.get(asked.location).text
    assert "0922 000 002 is asked to approve on the phone." in said(page)
    assert 'data-again="20"' in page
    assert deng.post("/sell", **form).location == asked.location
    assert count(parts, "payment_intent") == 1
    assert count(parts, "token") == 0


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("unknown", "MoMo has not said whether 0921 234 567 has paid."),
        ("expired", "0921 234 567 did not approve in time."),
        ("refused", "The payment of 0921 234 567 was refused. Nothing was taken"),
    ],
)
def test_by_momo_the_page_tells_what_became_of_it(deng, parts, town, confirmed, state, sentence):
    asked = deng.post("/sell", **sale_form(deng, town, means="momo"))
    ended = {"state": state, "ended_at": parts.clock.now(), "ask_again_at": None}
    with parts.db.transaction() as tx:
        tx.execute(update(PaymentIntent).values(ended))
    assert sentence in said(deng.client.get(asked.location).text)
    assert count(parts, "token") == 0


def test_nobody_looks_at_the_sale_of_another(deng, sale, browser_of):
    sold = deng.post("/sell", **sale).location
    helper = browser_of("helper")
    assert helper.client.get(sold).status_code == 404


def test_a_network_that_is_not_connected_sells_nothing(deng, sale, parts):
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET router_id = NULL"))
    assert "we connect it first" in deng.get("/").text
    assert deng.refused(deng.post("/sell", **sale)).startswith("This Wi-Fi is closed")


@pytest.mark.parametrize("means", ["cash", "given", "momo"])
def test_a_form_sent_eight_times_at_once_is_one_sale_and_one_answer(app, deng, parts, town, confirmed, means):
    form = sale_form(deng, town, means=means) | {"csrf_token": deng.token()}
    cookie = deng.client.get_cookie("shabaka_portal", path="/portal")

    def tap(_n):
        client = app.test_client()
        client.set_cookie("shabaka_portal", cookie.value, path="/portal")
        answer = client.post("/portal/sell", data=form)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(tap, range(8)))
    assert answers == {(303, f"/portal/sold/{form['key']}")}
    assert count(parts, "token") + count(parts, "payment_intent") == 1


def test_of_the_last_gift_two_who_give_at_once_one_succeeds(app, deng, parts, town):
    with parts.db.transaction() as tx:
        set_giveaways(tx, owner_id=town.deng.customer_id, day_max=1, once_per_phone_day=False)
    token, cookie = deng.token(), deng.client.get_cookie("shabaka_portal", path="/portal")
    forms = [sale_form(deng, town, means="given", recipient=f"092200000{n}") for n in range(6)]

    def give(form):
        client = app.test_client()
        client.set_cookie("shabaka_portal", cookie.value, path="/portal")
        return client.post("/portal/sell", data=form | {"csrf_token": token}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(give, forms)) == [303, 422, 422, 422, 422, 422]
    assert count(parts, "token") == 1
