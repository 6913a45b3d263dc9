"""What an owner looks after on the web: prices, networks, helpers, gifts, the MoMo number, tokens, figures, money."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.owners.price_list import price_list
from tests.core.owners.stall import BUYER, HELPER
from tests.core.owners.test_asking_for_a_payout import earns
from tests.portal.browser import said, sale_form
from tests.town import ACHOL, DENG, count, texts_to


def rows(parts, query):
    with parts.db.reading() as connection:
        return connection.execute(text(query)).all()


def prices(parts, town):
    with parts.db.reading() as connection:
        return {one.code: one.price.minor for one in price_list(connection, town.deng.customer_id, parts.clock.now())}


def test_deng_sets_a_price_and_takes_a_plan_off_his_list(deng, parts, town):
    assert deng.told(deng.post("/prices", plan="3H", price="٨٠٠")) == "The price is set."
    assert prices(parts, town)["3H"] == 80_000
    assert "SSP 800" in deng.get("/").text
    assert deng.told(deng.post("/prices", plan="1M", off="yes")) == "It is off your list."
    assert "1M" not in prices(parts, town)
    assert "not on your list" in deng.get("/prices").text


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"plan": "3H", "price": "5.5"}, 422, "Write the amount in pounds with digits only, like 5000."),
        ({"plan": "3H", "price": ""}, 422, "Write the amount in pounds with digits only, like 5000."),
        ({"plan": "3H", "price": "1"}, 422, "The amount must be from SSP 100 to SSP 5,000,000."),
        ({"plan": "9X", "price": "500"}, 404, "We could not find that."),
    ],
)
def test_a_price_that_cannot_be_is_refused(deng, parts, town, form, status, sentence):
    before = prices(parts, town)
    assert deng.refused(deng.post("/prices", **form), status) == sentence
    assert prices(parts, town) == before


def test_deng_adds_a_network_and_its_password_is_sealed_and_shown_to_nobody(deng, parts):
    form = {"ssid": "Deng 3", "place": "Gudele", "reach": "none", "wifi_password": "s3cret-of-deng"}
    added = deng.post("/networks", key=deng.key("/networks"), **form)
    assert deng.told(added) == "It is added. A person of ours connects its router; then it sells."
    page = deng.get("/networks").text
    assert "cannot sell" in page
    (number,) = re.findall(r'/networks/(\d+)"><bdi>Deng 3', page)
    shown = deng.get(f"/networks/{number}").text
    assert "kept, sealed" in shown
    assert "s3cret-of-deng" not in page + shown
    ((sealed,),) = rows(parts, "SELECT admin_password_sealed FROM hotspot WHERE ssid = 'Deng 3'")
    assert parts.sealer.open(sealed) == "s3cret-of-deng"
    deng.post(f"/networks/{number}", key=deng.key("/networks"), wifi_password="an0ther-one")
    ((sealed,),) = rows(parts, "SELECT admin_password_sealed FROM hotspot WHERE ssid = 'Deng 3'")
    assert parts.sealer.open(sealed) == "an0ther-one"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ssid": ""}, "A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji."),
        ({"ssid": 'De"ng'}, "A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji."),
        ({"ssid": "Deng 😀"}, "A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji."),
        ({"ssid": "شبكة دينق في جوبا"}, None),
        ({"ssid": "x" * 33}, "A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji."),
        ({"wifi_password": "short"}, "The password needs 8 to 63 Latin letters, digits or signs."),
        ({"wifi_password": "p" * 64}, "The password needs 8 to 63 Latin letters, digits or signs."),
        ({"wifi_password": "كلمة مرور طويلة"}, "The password needs 8 to 63 Latin letters, digits or signs."),
        ({"reach": "telepathy"}, "That is not possible now."),
        ({"reach": ""}, "That is not possible now."),
    ],
)
def test_a_network_that_cannot_be_is_refused_whole(deng, parts, wrong, sentence):
    form = {"ssid": "Deng 3", "place": "", "reach": "radius", "wifi_password": "s3cret-of-deng"} | wrong
    before = count(parts, "hotspot")
    answer = deng.post("/networks", key=deng.key("/networks"), **form)
    if sentence is None:
        assert answer.status_code == 303
        return
    assert deng.refused(answer) == sentence
    assert count(parts, "hotspot") == before
    assert form["wifi_password"] not in answer.text


def test_signing_up_is_all_or_nothing_and_once(browser_of, parts):
    achol = browser_of("achol")
    form = {
        "key": achol.key("/"),
        "momo": "0911234567",
        "ssid": "Achol Net",
        "place": "",
        "reach": "mikrotik",
        "wifi_password": "achols-own-0ne",
    }
    assert achol.refused(achol.post("/sign-up", **form)) == "Only MTN numbers (092, 099) can pay by MoMo."
    assert count(parts, "wifi_owner") == 1
    assert count(parts, "hotspot", "ssid = 'Achol Net'") == 0
    form |= {"momo": "0921234567"}
    assert achol.post("/sign-up", **form).location == "/portal/momo"
    assert achol.post("/sign-up", **form).location == "/portal/momo"
    assert count(parts, "wifi_owner") == 2
    assert count(parts, "hotspot", "ssid = 'Achol Net'") == 1
    assert [template for template, _shown in texts_to(parts, ACHOL)].count("momo_code") == 1
    confirmed = achol.post("/momo/code", key=achol.key("/momo"), code=achol.code(ACHOL, "momo_code"))
    assert achol.told(confirmed) == "Your MoMo number is confirmed. Your share of sales goes there."
    assert achol.get("/sign-up").location == "/portal/networks"


def test_a_wrong_code_of_the_momo_number_is_counted_and_said(deng, parts):
    assert deng.told(deng.post("/momo", key=deng.key("/momo"), momo="0921234567")) == (
        "A code is on its way to that number."
    )
    right = deng.code(ACHOL, "momo_code")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _try in range(5):
        answer = deng.post("/momo/code", key=deng.key("/momo"), code=wrong)
        assert deng.refused(answer) == "That code is wrong. Look at the SMS and type it again."
    answer = deng.post("/momo/code", key=deng.key("/momo"), code=right)
    assert deng.refused(answer).startswith("That code is not good any more.")
    assert count(parts, "wifi_owner", "momo_phone IS NOT NULL") == 0


def test_the_code_of_the_momo_number_sent_twice_is_confirmed_twice(deng):
    deng.post("/momo", key=deng.key("/momo"), momo="0921234567")
    form = {"key": deng.key("/momo"), "code": deng.code(ACHOL, "momo_code")}
    assert deng.post("/momo/code", **form).location == "/portal/"
    assert deng.post("/momo/code", **form).location == "/portal/"


def test_deng_adds_a_helper_and_removes_her(deng, parts):
    assert deng.told(deng.post("/helpers", phone="0912000001")) == "They may sell now, and are told so by SMS."
    assert [template for template, _shown in texts_to(parts, HELPER)] == ["helper_added"]
    assert "0912 000 001" in deng.get("/helpers").text
    assert deng.refused(deng.post("/helpers", phone="0991234567")) == "That is your own number."
    assert deng.told(deng.post("/helpers/remove", phone=HELPER)) == "They cannot sell any more."
    assert "0912 000 001" not in deng.get("/helpers").text
    assert deng.post("/helpers/remove", phone=HELPER).status_code == 404


def test_deng_says_that_a_phone_gets_one_gift_a_day(deng, parts):
    assert "0 today, of 10 a day" in said(deng.get("/gifts").text)
    deng.post("/gifts", once="yes")
    assert count(parts, "wifi_owner", "giveaway_once_per_phone_day") == 1
    assert "checked" in deng.get("/gifts").text
    deng.post("/gifts")
    assert count(parts, "wifi_owner", "giveaway_once_per_phone_day") == 0


def test_deng_texts_a_token_again_once_for_a_form(deng, stall, parts):
    token = stall.sells("one").token_id
    form = {"key": deng.key(f"/tokens/{token}")}
    for _tap in range(2):
        told = deng.told(deng.post(f"/tokens/{token}/resend", **form))
        assert told == "It is on its way by SMS once more."
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token", "token"]


def test_deng_moves_a_token_to_another_phone(deng, stall, parts):
    token = stall.sells("one").token_id
    form = {"key": deng.key(f"/tokens/{token}"), "phone": "0922000002"}
    for _tap in range(2):
        assert deng.told(deng.post(f"/tokens/{token}/move", **form)).startswith("It is moved.")
    assert [template for template, _shown in texts_to(parts, BUYER)] == ["token"]
    assert count(parts, "token") == 2
    page = said(deng.get(f"/tokens/{token}").text)
    assert "stopped" in page
    assert "Text it again" not in page


def test_the_price_of_a_token_that_was_used_is_given_back_by_the_office_alone(deng, stall, parts):
    token = stall.sells("one").token_id
    with parts.db.transaction() as tx:
        tx.execute(
            text("UPDATE access_grant SET status = 'running', first_used_at = :now, ends_at = :later"),
            {"now": parts.clock.now(), "later": parts.clock.now() + timedelta(hours=3)},
        )
    assert "by our office alone" in deng.get(f"/tokens/{token}").text
    deng.refused(deng.post(f"/tokens/{token}/revoke", why="mine", refund="yes"))
    assert count(parts, "token_revocation") == 0
    assert deng.told(deng.post(f"/tokens/{token}/revoke", why="mine")) == "It is taken back."


def test_deng_takes_a_token_back_and_hands_the_notes_back(deng, stall, parts):
    token = stall.sells("one").token_id
    without_reason = deng.post(f"/tokens/{token}/revoke", key=deng.key(f"/tokens/{token}"), refund="yes")
    assert deng.refused(without_reason) == "Write the reason."
    told = deng.told(deng.post(f"/tokens/{token}/revoke", why="does not work", refund="yes"))
    assert told == "It is taken back. Hand SSP 700 back in notes."
    assert rows(parts, "SELECT means, refund_minor, why FROM token_revocation") == [
        ("owner_cash", 70_000, "does not work")
    ]
    assert deng.post(f"/tokens/{token}/revoke", why="again", refund="yes").status_code == 422
    assert count(parts, "token_revocation") == 1


@pytest.mark.parametrize("path", ["/tokens/99", "/tokens/99999999999999999999", "/networks/99"])
def test_what_is_not_there_is_not_found(deng, path):
    assert deng.get(path).status_code == 404


def test_the_figures_of_sales_tell_what_was_sold_by_whom(browser_of, deng, stall, town):
    helper = browser_of("helper")
    helper.post("/sell", **sale_form(helper, town, recipient="0922000002"))
    stall.sells("dengs", plan="1D")
    stall.gives("gift", BUYER)
    page = said(deng.get("/sales").text)
    assert "Today SSP 2,200" in page
    assert "Cash 2 · SSP 2,200" in page
    assert "Deng 1 · SSP 1,500 · 1 free" in page
    assert "0921 234 567 not used yet" in page
    assert "Tokens that can still be used: 3" in page


def test_the_last_tokens_are_of_all_his_networks_the_newest_first(deng, stall, clock):
    for n, spot in enumerate(("Juba Town Wi-Fi", "Munuki Net", "Juba Town Wi-Fi")):
        clock.advance(minutes=1)
        stall.sells(f"sale {n}", f"+21192200010{n}", ssid=spot)
    page = said(deng.get("/sales").text)
    assert re.findall(r"0922 000 10\d", page) == ["0922 000 102", "0922 000 101", "0922 000 100"]


def test_the_money_page_tells_how_deng_stands(deng):
    page = said(deng.get("/money").text)
    assert "A payout now would send you SSP 0" in page
    assert "To be paid out, confirm your MoMo number." in page


def test_every_page_of_an_owner_speaks_arabic_too(deng, stall, parts):
    token = stall.sells("one").token_id
    deng.post("/language", language="ar")
    for path in ("/", "/sales", "/money", "/more", "/prices", "/networks", "/helpers", "/gifts", "/momo", "/secret"):
        page = deng.get(path).text
        assert 'lang="ar" dir="rtl"' in page, path
        words = said(re.sub(r"<style.*?</style>|<title>.*?</title>", "", page, flags=re.DOTALL))
        left = set(re.findall(r"[A-Za-z]{4,}", words)) - {
            "Shabaka",
            "English",
            "Juba",
            "Town",
            "Munuki",
            "Deng",
            "RADIUS",
        }
        assert left == set(), (path, left)
    assert 'lang="ar" dir="rtl"' in deng.get(f"/tokens/{token}").text
    assert DENG not in deng.get("/momo").text


@pytest.fixture
def sends(monkeypatch):
    """We have an account at MTN that money is sent from."""
    monkeypatch.setattr("portal.pages.money._platform", lambda: "http://127.0.0.1:1")


def test_deng_is_paid_out_once_for_a_form(deng, stall, parts, sends):
    stall.confirms()
    earns(stall)
    page = deng.get("/money").text
    assert "A payout now would send you SSP 22,680" in said(page)
    form = {"key": deng.key("/money")}
    for _tap in range(2):
        told = deng.told(deng.post("/money/payout", **form))
        assert told == "SSP 22,680 is on its way to 0991 234 567. We text you how it ended."
    assert count(parts, "payout") == 1
    assert "is being sent" in said(deng.get("/money").text)
    again = deng.post("/money/payout", key=str(parts.ids.new_uuid()))
    assert "on its way" in deng.refused(again)
    assert count(parts, "payout") == 1


def test_nothing_is_paid_out_where_there_is_nothing_or_nowhere_to_send_it(deng, stall, parts, sends):
    answer = deng.post("/money/payout", key=str(parts.ids.new_uuid()))
    assert "MoMo number is not confirmed" in deng.refused(answer)
    stall.confirms()
    assert deng.post("/money/payout", key=str(parts.ids.new_uuid())).status_code == 422
    assert count(parts, "payout") == 0


def test_deng_says_what_comes_each_day(deng, parts):
    assert deng.told(deng.post("/money/wishes", daily_summary="yes")) == "Saved."
    assert count(parts, "wifi_owner", "daily_summary AND NOT daily_payout") == 1
    deng.post("/money/wishes", daily_payout="yes")
    assert count(parts, "wifi_owner", "daily_payout AND NOT daily_summary") == 1


def test_all_sales_are_fetched_as_a_sheet_of_his_own(deng, stall, browser_of, clock):
    stall.sells("one")
    stall.gives("two", BUYER, campaign="=1+1")
    day = f"{clock.now():%Y-%m-%d}"
    answer = deng.get(f"/sales.csv?from={day}&to={day}")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=sales-{day}-{day}.csv"
    lines = answer.text.splitlines()
    answer.close()
    assert lines[0].startswith("\ufefftime in Juba")
    assert [line.split(",")[1] for line in lines[1:]] == ["sold for cash", "given"]
    assert ",=1+1" not in answer.text
    for path in (
        "/sales.csv?from=yesterday", "/sales.csv?from=2020-01-01&to=2026-11-30", "/sales.csv?from=2027-01-01",
        "/sales.csv?from=0001-01-01&to=0001-01-02", "/sales.csv?from=9999-12-01&to=9999-12-31",
    ):  # fmt: skip
        assert deng.get(path).status_code == 422
    assert browser_of("helper").get("/sales.csv").status_code == 403
