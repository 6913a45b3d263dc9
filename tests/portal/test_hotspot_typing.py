"""Achol stands before Juba Town Wi-Fi and types her card; Kiden guesses, and shows the page to others."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.catalog.queries import offer_of_version
from core.catalog.set_price import open_plan, set_version
from core.owners.change_owner import set_owner_state
from core.tokens.guesses import MISSES_MAX
from core.tokens.sell_token import sell_token
from portal.hotspot_visit import login_page, read_visit
from tests.core.tokens.cards import Cards
from tests.portal.hotspot_browser import (
    CHALLENGE,
    Browser,
    achols,
    browser_of,
    chap,
    forms,
    goes_to_router,
    octal,
    page_app,
    refused,
    said,
    sent_by_router,
)
from tests.town import ACHOL, DENG, Town, count, everything_agrees, snapshot

__all__ = ["achols", "browser_of", "page_app"]

WRONG = "acdf-hjk3-7wxy-rt"


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)


@pytest.fixture
def card(cards: Cards) -> str:
    """A card that was sold; Juba's router asks RADIUS, so it knows every token at once."""
    by_radius(cards.town, "juba-town")
    return cards.one()


def by_radius(town: Town, router: str) -> None:
    sealed = town.parts.sealer.radius.seal("secret of a router")
    with town.parts.db.transaction() as tx:
        change = text(
            "UPDATE router SET access_by = 'radius', nas_address = :at, radius_secret = :s WHERE name = :name"
        )
        tx.execute(change, {"name": router, "s": sealed, "at": f"10.9.9.{len(router)}"})


def change(town: Town, statement: str, **values: object) -> None:
    with town.parts.db.transaction() as tx:
        tx.execute(text(statement), values)


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(lambda code: code, id="as it is"),
        pytest.param(str.upper, id="capitals"),
        pytest.param(lambda code: f"  {code[:4]} - {code[4:9]} {code[9:]}  ", id="spaces and strokes"),
        pytest.param(lambda code: code.translate(str.maketrans("23456789", "٢٣٤٥٦٧٨٩")), id="Arabic digits"),
        pytest.param(lambda code: code.replace("9", "G"), id="look-alikes"),
    ],
)
def test_a_card_in_any_spelling_opens_the_network(spelled, achols: Browser, card: str, town: Town) -> None:
    sent = goes_to_router(achols.types(spelled(card)))
    assert sent["username"] == card[:6]
    assert sent["password"] == chap(card[6:])
    assert card[6:] not in achols.seen[-1].text
    assert sent["dst"].startswith("http://127.0.0.1:1/hotspot/11/online?pass=")
    assert count(town.parts, "token", "origin = 'card' AND recipient_phone IS NULL") == 1
    everything_agrees(town.parts)


def test_a_router_that_asks_for_no_chap_is_sent_what_its_own_page_would_send(browser_of, card: str) -> None:
    plain = browser_of(chap_id="", chap_challenge="")
    assert goes_to_router(plain.types(card))["password"] == card[6:]


def test_a_token_from_an_sms_is_typed_as_user_name_and_password(town: Town, achols: Browser) -> None:
    by_radius(town, "juba-town")
    parts = town.parts
    town.give(town.achol, 1000)
    with parts.db.transaction() as tx:
        sell_token(
            tx, request_key="one", buyer=town.account_of("achol"), recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Juba Town Wi-Fi"], plan_version_id=town.plans["1H"], now=parts.clock.now(),
            ids=parts.ids, sealer=parts.sealer,
        )  # fmt: skip
    with parts.db.reading() as connection:
        user, sealed = connection.execute(text("SELECT username, password_sealed FROM access_grant")).one()
    assert goes_to_router(achols.types(f"{user.upper()} {parts.sealer.open(sealed)}"))["username"] == user


def test_what_is_no_code_of_ours_is_refused_in_one_sentence(achols: Browser, card: str) -> None:
    wrong = "That code is not right. Look at it and type it again."
    assert refused(achols.types(WRONG)) == wrong
    assert WRONG not in achols.seen[-1].text  # what was typed is not shown again
    assert refused(achols.types("x" * 500)) == wrong
    assert refused(achols.types("")) == wrong


def test_a_card_that_was_not_sold_and_one_taken_back_open_nothing(achols: Browser, cards: Cards) -> None:
    by_radius(cards.town, "juba-town")
    batch = cards.make(1).batch_id
    (unsold,) = cards.codes(batch)
    assert refused(achols.types(unsold)) == "This card is not sold yet. Whoever sells it must open it first."
    cards.sell(batch, 1, 1)
    goes_to_router(achols.types(unsold))
    change(cards.town, "UPDATE access_grant SET status = 'revoked', closed_at = :now", now=cards.parts.clock.now())
    assert refused(achols.types(unsold)) == "That is not possible now."


def test_a_card_lets_in_as_many_devices_as_its_plan_allows(browser_of, card: str, achols: Browser) -> None:
    goes_to_router(achols.types(card))
    goes_to_router(achols.types(card))  # the same device again
    other = browser_of("AA:BB:CC:00:00:02")
    assert refused(other.types(card)) == "This code is in use already. Devices at once: 1."


def test_a_card_of_another_network_says_which(browser_of, card: str, town: Town) -> None:
    at_munuki = browser_of(code="12")
    assert refused(at_munuki.types(card)) == "This code is for another Wi-Fi: Juba Town Wi-Fi."
    goes_to_router(browser_of().types(card))


def test_kiden_who_guesses_is_told_to_wait_and_the_right_code_is_not_looked_at(
    browser_of, card: str, town: Town, clock
) -> None:
    kidens = browser_of("AA:BB:CC:00:00:66")
    for _guess in range(MISSES_MAX["device"]):
        refused(kidens.types(WRONG))
    waits = kidens.types(card)
    assert refused(waits, 429) == "Too many tries. Wait 601 seconds."
    assert waits.headers["Retry-After"] == "601"
    goes_to_router(browser_of("AA:BB:CC:00:00:01").types(card))
    clock.at += timedelta(seconds=601)
    assert "already" in refused(kidens.types(card))  # Achol's device has it by now


def test_kiden_who_changes_her_device_meets_the_limit_of_the_address(browser_of, card: str) -> None:
    for guess in range(MISSES_MAX["address"]):
        refused(browser_of(f"AA:BB:CC:00:01:{guess:02X}").types(WRONG))
    assert refused(browser_of("AA:BB:CC:00:02:01").types(card), 429).startswith("Too many tries.")


def test_kiden_whose_line_has_every_address_of_a_network_shuts_nobody_out(browser_of, card: str) -> None:
    for guess in range(MISSES_MAX["address"]):
        kidens = browser_of(f"AA:BB:CC:00:01:{guess:02X}")
        kidens.client.environ_base["REMOTE_ADDR"] = f"2001:db8:1:1::{guess:x}"
        refused(kidens.types(WRONG))
    kidens = browser_of("AA:BB:CC:00:02:01")
    kidens.client.environ_base["REMOTE_ADDR"] = "2001:db8:1:1:ffff::1"
    assert refused(kidens.types(card), 429).startswith("Too many tries.")
    goes_to_router(browser_of().types(card))


@pytest.mark.parametrize("code", ["11", "011", "%20011", "٠١١", "1 1", "۱۱"])
def test_the_code_of_the_poster_in_any_spelling_is_the_network(code: str, browser_of, town: Town) -> None:
    answer = browser_of(code=code).opens()
    assert (answer.status_code, said(answer).startswith("Shabaka العربية Juba Town Wi-Fi")) == (200, True)


@pytest.mark.parametrize("code", ["99", "0", "abc", "-11", "11.5", "9" * 40, "²", "11'--"])
def test_a_code_of_no_network_asks_for_it(code: str, browser_of, town: Town) -> None:
    browser = browser_of(code=code)
    assert refused(browser.opens(), 404) == "There is no Wi-Fi with this code."
    asked = browser.sends(browser.seen[-1], "/hotspot/", code=" ٠11 ")
    assert asked.headers["Location"] == "/hotspot/11?language=en"


def test_a_closed_network_says_so_and_asks_for_nothing(town: Town, achols: Browser, card: str) -> None:
    page = achols.opens()
    change(town, "UPDATE hotspot SET closed_at = :now", now=town.parts.clock.now())
    shown = achols.opens()
    assert "This Wi-Fi is closed." in said(shown)
    assert forms(shown) == []
    assert "closed" in refused(achols.sends(page, "/in", code=card)).lower()
    assert "closed" in refused(achols.buys("0921234567", "1 hour", page)).lower()


def test_where_the_owner_is_suspended_nothing_is_sold_and_cards_are_good(
    town: Town, achols: Browser, card: str
) -> None:
    page = achols.opens()
    with town.parts.db.transaction() as tx:
        set_owner_state(tx, owner_id=town.deng.customer_id, state="suspended")
    shown = achols.opens()
    assert "The owner of this Wi-Fi may not sell now. Tokens sold before are still good." in said(shown)
    assert [form.action for form in forms(shown)] == ["/hotspot/11/in"]
    assert refused(achols.buys("0921234567", "1 hour", page)) == "This Wi-Fi may not sell now. Please call us."
    goes_to_router(achols.types(card))


def test_a_network_without_a_router_says_that_nothing_is_sold(town: Town, achols: Browser) -> None:
    change(town, "UPDATE hotspot SET router_id = NULL")
    assert "This Wi-Fi is not connected yet. Nothing is sold here." in said(achols.opens())


def test_who_is_elsewhere_is_told_to_join_and_no_card_is_spent(town: Town, card: str, achols: Browser) -> None:
    page = achols.opens()
    achols.at_router = {}
    assert "Join this Wi-Fi, and its page opens by itself." in said(achols.opens())
    before = snapshot(town.parts)
    answer = achols.client.post("/hotspot/11/in", data={"code": card})
    assert refused(answer) == "Join the Wi-Fi Juba Town Wi-Fi with this phone first. Its page then opens by itself."
    assert snapshot(town.parts) == before
    goes_to_router(achols.sends(page, "/in", code=card))


@pytest.mark.parametrize(
    "login",
    [
        "https://kiden.example/login", "http://8.8.8.8/login", "//10.5.50.1/login", "javascript:alert(1)",
        "http://10.5.50.1@kiden.example/login", "http://kiden.example\\@10.5.50.1/login", "http://127.0.0.1/login",
        "http://169.254.169.254/latest", "http://10.5.50.1:x/login", "http://0.0.0.0/", "http://localhost/login",
        "http://10.5.50.1.kiden.example/login", 'http://10.5.50.1/"><script>', "ftp://10.5.50.1/login",
        "http://167772161/login", "http://[::1]/login", "http://kiden.lan.example/login", "http://[10.5.50.1/", "",
        "http://10.5.50.1\n.kiden.example/login",
    ],
)  # fmt: skip
def test_no_address_leads_a_token_out_of_the_network(login: str, browser_of, card: str, town: Town) -> None:
    assert login_page(login) == ""
    lured = browser_of(link_login_only=login)
    page = lured.opens()
    assert all(form.action.startswith("/hotspot/11/") for form in forms(page))
    answer = lured.client.post("/hotspot/11/in", data=lured.at_router | {"code": card})
    assert "Join the Wi-Fi" in refused(answer)
    assert login not in answer.text or not login


@pytest.mark.parametrize(
    ("said_by_router", "taken"),
    [
        ("http://192.168.88.1/login?dst=x#y", "http://192.168.88.1/login"),
        ("https://login.hotspot.lan/login", "https://login.hotspot.lan/login"),
        ("http://10.215.1.1:8080/login", "http://10.215.1.1:8080/login"),
        ("http://[fd00::1]/login", "http://[fd00::1]/login"),
    ],
)
def test_the_log_in_page_of_a_router_is_taken_without_what_stands_behind_it(said_by_router: str, taken: str) -> None:
    assert login_page(said_by_router) == taken


def test_a_challenge_that_is_none_is_left_out() -> None:
    whole = read_visit(sent_by_router())
    assert (whole.chap_id, whole.chap_challenge) == (b"\x11", CHALLENGE)
    assert read_visit(whole.fields()) == replace(whole, back_to="")
    for broken in ({"chap_id": ""}, {"chap_challenge": octal(CHALLENGE[1:])}, {"chap_id": "\\999"}):
        visit = read_visit(sent_by_router(**broken))
        assert (visit.is_at_router, visit.chap_id, visit.chap_challenge) == (True, b"", b"")
    assert not read_visit(sent_by_router("not a device")).is_at_router


def test_a_log_in_the_router_refused_is_tried_again_with_its_new_challenge(achols: Browser, card: str) -> None:
    first = goes_to_router(achols.types(card))
    fresh = bytes(reversed(CHALLENGE))
    achols.at_router |= {"error": "invalid user name or password", "link-orig": first["dst"]}
    achols.at_router |= {"chap-challenge": octal(fresh)}
    page = achols.opens()
    assert "The Wi-Fi did not let you in." in said(page)
    again = goes_to_router(achols.sends(page, "/go"))
    assert again["password"] == chap(card[6:], fresh)


def test_another_page_a_router_was_to_lead_to_opens_nothing(achols: Browser, card: str) -> None:
    first = goes_to_router(achols.types(card))
    stolen = first["dst"].replace("http://127.0.0.1:1/", "http://kiden.example/")
    achols.at_router |= {"error": "no", "link-orig": stolen}
    assert [form.action for form in forms(achols.opens())] == ["/hotspot/11/in", "/hotspot/11/buy"]


def test_a_router_that_is_told_its_tokens_is_waited_for(achols: Browser, cards: Cards, town: Town, clock) -> None:
    answer = achols.follows(achols.types(cards.one()))
    assert "The Wi-Fi is told of it: a moment, please." in said(answer)
    assert '<meta http-equiv="refresh" content="3">' in answer.text
    change(town, "UPDATE router SET failures = 3")
    assert "This Wi-Fi is off now. Your token is good: we text you when it works." not in said(answer)
    assert "This Wi-Fi is off now." in said(achols.looks_again())
    change(town, "UPDATE placement SET confirmed_at = :now", now=clock.now())
    goes_to_router(achols.looks_again())


def test_who_is_let_in_sees_what_is_left_and_others_with_that_address_do_not_later(
    achols: Browser, card: str, town: Town, clock
) -> None:
    at = goes_to_router(achols.types(card))["dst"].removeprefix("http://127.0.0.1:1")
    assert said(achols.client.get(at)) == "Shabaka Juba Town Wi-Fi You are online."
    now = clock.now()
    change(
        town,
        "UPDATE access_grant SET status = 'running', first_used_at = :now, ends_at = :ends",
        now=now, ends=now + timedelta(hours=1),
    )  # fmt: skip
    assert said(achols.client.get(at)) == "Shabaka Juba Town Wi-Fi You are online. 1 hour left"
    clock.at += timedelta(minutes=61)
    assert said(achols.client.get(at)) == "Shabaka Juba Town Wi-Fi You are online."


def test_a_pass_is_good_at_its_network_for_an_hour_and_none_can_be_made_up(
    achols: Browser, card: str, town: Town, clock
) -> None:
    sent = goes_to_router(achols.types(card))
    held = sent["dst"].split("pass=")[1].split("&")[0]
    visit = {"query_string": sent_by_router() | {"pass": held}}
    goes_to_router(achols.client.get("/hotspot/11/go", **visit))
    too_late = "This page was open too long. If you paid, your token came by SMS: type it here."
    assert refused(achols.client.get("/hotspot/12/go", **visit), 404) == too_late
    made_up = (held[:-4] + "AAAA", "", "x" * 2000, "é", town.parts.sealer.seal("{}"), town.parts.sealer.seal("secret"))
    for other in made_up:
        answer = achols.client.get("/hotspot/11/go", query_string=sent_by_router() | {"pass": other})
        assert refused(answer, 404) == too_late
    clock.at += timedelta(minutes=61)
    assert refused(achols.client.get("/hotspot/11/go", **visit), 404) == too_late


def test_a_pass_of_a_token_that_is_over_lets_nobody_in(achols: Browser, card: str, town: Town, clock) -> None:
    held = goes_to_router(achols.types(card))["dst"].split("pass=")[1].split("&")[0]
    change(town, "UPDATE access_grant SET status = 'revoked', closed_at = :now", now=clock.now())
    answer = achols.client.get("/hotspot/11/go", query_string=sent_by_router() | {"pass": held})
    assert refused(answer) == "That is not possible now."


def test_no_address_and_no_log_holds_the_password(browser_of, card: str, capfd: pytest.CaptureFixture[str]) -> None:
    browsers = [browser_of(), browser_of("AA:BB:CC:00:00:02"), browser_of("AA:BB:CC:00:00:03", chap_id="")]
    for browser in browsers:
        browser.types(card)
        browser.types(card[:-1] + "x")
        for answer in browser.seen:
            assert card not in answer.request.url + answer.headers.get("Location", "")
            assert card[6:] not in answer.request.url + answer.headers.get("Location", "")
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "same-origin"
    out, err = capfd.readouterr()
    assert card[6:] not in out + err


def test_in_arabic_every_page_and_form_stays_arabic(achols: Browser, card: str) -> None:
    achols.language = "ar"
    page = achols.opens()
    assert '<html lang="ar" dir="rtl">' in page.text
    assert {form.fields["language"] for form in forms(page)} == {"ar"}
    wrong = achols.sends(page, "/in", code=WRONG)
    assert '<html lang="ar" dir="rtl">' in wrong.text
    assert "language=ar" in goes_to_router(achols.sends(wrong, "/in", code=card))["dst"]


def test_a_browser_in_arabic_is_spoken_to_in_arabic(achols: Browser, town: Town) -> None:
    said_by = {"Accept-Language": "ar-SS,ar;q=0.9,en;q=0.5"}
    assert 'lang="ar"' in achols.client.get("/hotspot/11", headers=said_by).text
    assert 'lang="en"' in achols.client.get("/hotspot/11?language=en", headers=said_by).text
    assert 'lang="en"' in achols.client.get("/hotspot/11?language=fr", headers={"Accept-Language": "fr"}).text


def test_a_plan_for_two_lets_two_in(town: Town, cards: Cards, browser_of) -> None:
    by_radius(town, "juba-town")
    with town.parts.db.transaction() as tx:
        one = offer_of_version(tx.connection, town.plans["1H"])
        open_plan(tx, code="TWO", alias=60)
        two = set_version(
            tx, code="TWO", valid_from=town.parts.clock.now(), duration_s=one.duration_s, data_bytes=None,
            down_kbps=1000, up_kbps=1000, devices_max=2, price=one.price,
        )  # fmt: skip
    code = cards.one(plan_version_id=two)
    for mac in ("AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"):
        goes_to_router(browser_of(mac).types(code))
    assert "Devices at once: 2" in refused(browser_of("AA:BB:CC:00:00:03").types(code))
    assert DENG  # the cards are his


def test_the_document_for_technicians_names_the_file(achols: Browser, town: Town, root: Path) -> None:
    document = (root / "docs" / "connect-a-router.md").read_text(encoding="utf-8")
    (path,) = re.findall(r'/tool fetch url="https://shabaka\.example(/\S+)" dst-path=hotspot/login\.html', document)
    assert f'action="http://127.0.0.1:1{path.removesuffix("/login.html")}"' in achols.client.get(path).text


def test_the_file_for_the_router_hands_over_all_that_the_page_reads(achols: Browser, town: Town) -> None:
    answer = achols.client.get("/hotspot/011/login.html")
    (form,) = forms(answer)
    assert (form.action, form.method) == ("http://127.0.0.1:1/hotspot/11", "post")
    assert form.fields == {name: f"$({name})" for name in sent_by_router()}
