"""The page of a network on a small phone, in a real browser: one request, in both languages, with scripts and without."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from core.parts import Parts
from portal import hotspot
from portal.hotspot_router_page import router_page
from tests.core.payments.conftest import momo
from tests.core.payments.desk import Desk
from tests.core.tokens.cards import Cards
from tests.portal.hotspot_browser import ROUTER, chap, sent_by_router
from tests.portal.test_hotspot_pausing import bought
from tests.portal.test_hotspot_typing import by_radius
from tests.town import Town, served

__all__ = ["momo"]

CHROMIUM = Path("/usr/bin/chromium")
COLD_BYTES_MAX = 14_000
SMALL = {"width": 320, "height": 568}
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage"]
IS_IN = "<!doctype html><title>in</title>"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("the package chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def at(parts: Parts, momo: Desk) -> Iterator[str]:
    """Where the page is served from."""
    by_radius(momo.town, "juba-town")
    app = Flask("hotspot page", static_folder=None)
    here = replace(parts, settings=replace(parts.settings, momo_base_url=momo.url))
    app.register_blueprint(hotspot.create_blueprint(here), url_prefix="/hotspot")
    with served(app) as url:
        yield url


class Handset:
    """A browser's page behind a router that lets everybody in; what was sent there, and all that was fetched."""

    def __init__(self, context: Any, at: str) -> None:
        self.page, self.at = context.new_page(), at
        self.sent: list[dict[str, str]] = []
        self.fetched: list[str] = []
        self.faults: list[str] = []
        context.route(f"{ROUTER}*", self._router)
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.on("console", lambda line: line.type == "error" and self.faults.append(line.text))

    def _router(self, route: Any) -> None:
        self.sent.append({name: values[0] for name, values in parse_qs(route.request.post_data).items()})
        route.fulfill(status=200, content_type="text/html", body=IS_IN)

    def opens(self, code: str = "11", language: str = "en", **router: str) -> None:
        said = urlencode(sent_by_router(**router) | {"language": language})
        self.page.goto(f"{self.at}/hotspot/{code}?{said}")

    def fits(self, name: str) -> None:
        """Nothing is wider than the screen. With HOTSPOT_SHOTS a picture is kept there."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if os.environ.get("HOTSPOT_SHOTS"):
            self.page.screenshot(path=f"{os.environ['HOTSPOT_SHOTS']}/{name}.png", full_page=True)
        assert wide <= SMALL["width"]
        assert self.faults == []


@pytest.fixture
def handset(chromium: Any, at: str) -> Iterator[Callable[..., Handset]]:
    contexts = []

    def fresh(**options: Any) -> Handset:
        contexts.append(chromium.new_context(viewport=SMALL, **options))
        return Handset(contexts[-1], at)

    yield fresh
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_cold_page_is_one_small_request(language: str, at: str) -> None:
    said = sent_by_router() | {"language": language}
    with requests.get(
        f"{at}/hotspot/11", params=said, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10
    ) as answer:
        packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    assert len(packed) + head < COLD_BYTES_MAX / 2


@pytest.mark.parametrize("language", ["en", "ar"])
def test_achol_buys_on_her_small_phone_and_is_let_in(
    language: str, handset: Callable[..., Handset], momo: Desk, parts: Parts
) -> None:
    phone = handset()
    phone.opens(language=language)
    phone.fits(f"network-{language}")
    assert [url for url in phone.fetched if url.startswith("http")] == [phone.page.url]
    phone.page.locator("input[name=plan]").nth(1).check()
    phone.page.locator("#phone").fill("0921234567")
    phone.page.locator("form[action$=buy] button").click()
    phone.page.locator("[role=status]").wait_for()
    phone.fits(f"waits-{language}")
    momo.request()
    momo.decide("approve")
    assert momo.later(seconds=5) == ["paid"]
    phone.page.locator("a.button").click()
    phone.page.wait_for_url(ROUTER)
    (sent,) = phone.sent
    with parts.db.reading() as connection:
        user, sealed = connection.execute(text("SELECT username, password_sealed FROM access_grant")).one()
    assert (sent["username"], sent["password"]) == (user, chap(parts.sealer.open(sealed)))
    phone.page.goto(sent["dst"].replace("http://127.0.0.1:1", phone.at))
    phone.fits(f"online-{language}")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_without_scripts_a_card_is_sent_by_a_button(
    language: str, handset: Callable[..., Handset], momo: Desk, parts: Parts
) -> None:
    code = Cards(momo.town).one()
    phone = handset(java_script_enabled=False)
    phone.opens(language=language)
    phone.page.locator("#code").fill("acdf hjk3 7wxy rt")
    phone.page.locator("form[action$=in] button").click()
    phone.page.locator("[role=alert]").wait_for()
    phone.page.screenshot()
    phone.page.locator("#code").fill(code.upper())
    phone.page.locator("form[action$=in] button").click()
    phone.page.locator("[role=status]").wait_for()
    assert phone.sent == []
    assert code[6:] not in phone.page.content()
    phone.page.get_by_role("button").click()
    phone.page.wait_for_url(ROUTER)
    assert phone.sent[0]["password"] == chap(code[6:])


def test_the_square_of_a_card_is_typed_in_once_the_router_has_led_here(
    handset: Callable[..., Handset], town: Town, at: str
) -> None:
    code, phone = Cards(town).one(), handset()

    def caught(route: Any) -> None:
        led = router_page(f"{at}/hotspot/11")
        for name, value in sent_by_router().items():
            led = led.replace(f"$({name})", value.replace("&", "&amp;"))
        route.fulfill(status=200, content_type="text/html", body=led)

    phone.page.context.route("http://192.0.2.1/", caught)
    phone.page.goto(f"{at}/hotspot/11#{code}")
    phone.fits("square-en")
    assert code not in phone.page.url
    phone.page.get_by_role("link", name="I am on this Wi-Fi").click()
    phone.page.locator("#code").wait_for()
    assert phone.page.locator("#code").input_value() == code
    assert phone.page.evaluate("sessionStorage.length") == 0
    phone.page.locator("form[action$=in] button").click()
    phone.page.wait_for_url(ROUTER)
    assert phone.sent[0]["password"] == chap(code[6:])
    assert not [url for url in phone.fetched if code[6:] in url.split("#")[0]]
    assert phone.faults == []
    phone.page.goto(f"{at}/hotspot/11?{urlencode(sent_by_router())}#{code}")  # a scanner that is led already
    assert phone.page.locator("#code").input_value() == code


@pytest.mark.parametrize("language", ["en", "ar"])
def test_achol_pauses_and_goes_on_on_her_small_phone(
    language: str, handset: Callable[..., Handset], town: Town, at: str
) -> None:
    code, phone = bought(town, pauses_max=1), handset()
    for _time in ("begins", "goes on"):
        phone.opens(language=language)
        phone.page.locator("#code").fill(code)
        phone.page.locator("form[action$=in] button").click()
        phone.page.wait_for_url(ROUTER)
        phone.page.goto(phone.sent[-1]["dst"].replace("http://127.0.0.1:1", at))
        if _time == "begins":
            phone.fits(f"is-in-{language}")
            phone.page.locator("form[action$=pause] button").click()
            phone.page.locator("form[action$=resume]").wait_for()
            phone.fits(f"paused-{language}")
            phone.page.locator("form[action$=resume] button").click()
            phone.page.wait_for_url("**/go?**")
            phone.fits(f"goes-on-{language}")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_other_page_fits_too(language: str, handset: Callable[..., Handset], momo: Desk, parts: Parts) -> None:
    town, phone = momo.town, handset()
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET ssid = 'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW' WHERE code = 11"))
        tx.execute(text("UPDATE wifi_owner SET state = 'suspended'"))
    phone.opens(language=language, error="no more sessions are allowed for user")
    phone.fits(f"suspended-{language}")
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE wifi_owner SET state = 'active'"))
    phone.page.goto(f"{phone.at}/hotspot/11?language={language}")
    phone.fits(f"elsewhere-{language}")
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET closed_at = now() WHERE code = 11"))
    phone.opens(language=language)
    phone.fits(f"closed-{language}")
    phone.opens(code="98765", language=language)
    assert "404" in phone.faults.pop()  # the browser's own word of it
    phone.fits(f"unknown-{language}")
    assert town.hotspots
