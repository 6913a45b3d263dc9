"""Logging in on the web: a code of an SMS, then a PIN or password; and nobody learns whose phone is known."""

from datetime import timedelta

import pytest

from core.visits.limits import CODE_TRIES_MAX, VISIT_IDLE_MAX
from tests.portal.browser import PIN, Browser, said
from tests.town import ACHOL, DENG, KIDEN, count


def test_deng_comes_by_a_code_chooses_a_pin_and_later_needs_no_code(app, parts, kiden, session_clock):
    deng = kiden
    deng.enter(DENG)
    assert "Sell a token" in deng.get("/").text
    assert deng.post("/log-out").status_code == 303
    assert "PIN or password" in deng.get("/").text
    assert deng.log_in("0991234567").location == "/portal/"
    assert "Sell a token" in deng.get("/").text


def test_before_a_pin_is_chosen_nothing_else_is_shown(kiden):
    kiden.post("/ask", phone=DENG)
    kiden.post("/code", code=kiden.code(DENG))
    for path in ("/", "/sales", "/money", "/networks"):
        assert kiden.get(path).location == "/portal/secret"
    assert kiden.refused(kiden.post("/secret", secret="123456", key=kiden.key("/secret"))).startswith("Choose 6 digits")


def test_the_secret_and_the_code_stand_on_no_page(kiden):
    kiden.post("/ask", phone=DENG)
    answer = kiden.post("/code", code="000000")
    assert kiden.refused(answer).startswith("That code is not right")
    assert 'value="000000"' not in answer.text
    wrong = kiden.log_in(DENG, "my-secret-words")
    assert wrong.status_code == 401
    assert "my-secret-words" not in wrong.text


@pytest.mark.parametrize("phone", [DENG, ACHOL, KIDEN, "12", "nonsense"])
def test_nobody_learns_whose_phone_is_known(app, parts, kiden, deng, phone):
    answers = kiden.log_in(phone, "775533")
    assert kiden.refused(answers, 401) == "The phone number, or the PIN or password, is not right."


def test_asking_for_a_code_says_the_same_to_everybody(kiden):
    pages = []
    for phone in (DENG, KIDEN):
        assert kiden.post("/ask", phone=phone).location == "/portal/code"
        pages.append(said(kiden.get("/code").text))
    assert pages[0].replace("0991 234 567", "") == pages[1].replace("0929 999 999", "")


def test_deng_gets_in_with_his_code_whatever_kiden_types_for_his_phone(app, parts, kiden, clock):
    deng = Browser(app.test_client(), parts)
    deng.post("/ask", phone=DENG)
    his = deng.code(DENG)
    clock.advance(seconds=61)
    kiden.post("/ask", phone=DENG)
    wrong = next(code for code in ("135790", "246801", "357912") if code not in (his, kiden.code(DENG)))
    for _guess in range(CODE_TRIES_MAX):
        assert kiden.refused(kiden.post("/code", code=wrong)).startswith("That code is not right")
    assert kiden.refused(kiden.post("/code", code=kiden.code(DENG))).startswith("That code is not right")
    assert deng.post("/code", code=his).location == "/portal/secret"


def test_a_cookie_that_names_a_phone_and_no_code_is_sent_to_ask(kiden):
    kiden.get("/ask")
    with kiden.client.session_transaction(path="/portal/", base_url="http://localhost") as cookie:
        cookie["code_phone"] = DENG
    assert kiden.get("/code").location == "/portal/ask"
    assert kiden.post("/code", code="135790").location == "/portal/ask"


def test_a_copy_of_the_cookie_is_worth_nothing_after_the_log_out(app, parts, deng):
    thief = Browser(app.test_client(), parts)
    cookie = deng.client.get_cookie("shabaka_portal", path="/portal")
    assert cookie
    thief.client.set_cookie("shabaka_portal", cookie.value, path="/portal")
    assert "Sell a token" in thief.get("/").text
    deng.post("/log-out")
    assert "Sell a token" not in thief.get("/").text


def test_a_new_pin_logs_out_everywhere_else(app, parts, deng, clock):
    other = Browser(app.test_client(), parts)
    other.log_in(DENG)
    clock.advance(seconds=61)
    assert "first get a code" in deng.get("/secret").text
    deng.post("/ask", phone=DENG)
    deng.post("/code", code=deng.code(DENG))
    told = deng.told(deng.post("/secret", secret="a longer password", key=deng.key("/secret")))
    assert told == "Saved. From now on you log in with it. Everywhere else you are logged out."
    assert "Sell a token" not in other.get("/").text
    assert other.log_in(DENG, PIN).status_code == 401
    assert other.log_in(DENG, "a longer password").status_code == 303


def test_who_idles_is_logged_out(deng, session_clock):
    session_clock.advance(seconds=VISIT_IDLE_MAX.total_seconds() / 2)
    assert "Sell a token" in deng.get("/").text
    session_clock.advance(seconds=VISIT_IDLE_MAX.total_seconds() / 2 + 60)
    assert "Sell a token" in deng.get("/").text, "the page before counts"
    session_clock.advance(seconds=(VISIT_IDLE_MAX + timedelta(minutes=10)).total_seconds())
    assert "Sell a token" not in deng.get("/").text


def test_who_sends_a_form_after_being_logged_out_is_told_that_nothing_was_sent(deng, sale, session_clock, parts):
    session_clock.advance(seconds=VISIT_IDLE_MAX.total_seconds() + 1)
    answer = deng.client.post("/portal/sell", data=sale)
    page = said(deng.client.get(answer.location).text)
    assert "You are logged out. Nothing was sent. Log in and do it again." in page
    assert count(parts, "token") == 0


def test_too_many_wrong_tries_leave_only_the_code(app, parts, deng, clock):
    kiden = Browser(app.test_client(), parts)
    for n in range(10):
        assert kiden.log_in(DENG, "775533", REMOTE_ADDR=f"198.51.100.{n}").status_code == 401
    answer = kiden.log_in(DENG, PIN)
    assert kiden.refused(answer, 429).startswith("Too many wrong tries")
    clock.advance(seconds=61)
    kiden.enter(DENG, "775534")


def test_the_language_of_a_customer_is_theirs_in_every_browser(app, parts, deng, town):
    deng.post("/language", language="ar")
    assert town.account_of("deng").tongue == "ar"
    other = Browser(app.test_client(), parts)
    other.log_in(DENG)
    assert 'lang="ar" dir="rtl"' in other.get("/").text


def test_codes_are_not_sent_in_a_row(kiden):
    assert kiden.post("/ask", phone=DENG).status_code == 303
    assert kiden.refused(kiden.post("/ask", phone=DENG), 429) == "Too many tries. Wait 60 seconds."
    assert kiden.refused(kiden.post("/ask", phone="+254712345678")).startswith("Only South Sudan")
    assert count(kiden.parts, "text_message") == 1
