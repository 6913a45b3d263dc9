"""The portal on a small phone, in a real browser: from signing up to the SMS of a guest, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from core.owners.add_network import connect_network
from core.parts import Parts
from tests.portal.browser import PIN, Browser
from tests.town import DENG, KIDEN, Town, count, served, texts_to

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage"]
SMALL = {"width": 320, "height": 568}
COLD_BYTES_MAX = 14_000
COLD_REQUESTS_MAX = 3
MARKER = "marker-0n-the-router"
GUEST = "0922000002"


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
def at(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield f"{url}/portal"


class Handset:
    """One page of a phone, and whatever went wrong on it."""

    def __init__(self, context: Any, at: str, language: str, parts: Parts) -> None:
        self.page, self.at, self.language, self.parts = context.new_page(), at, language, parts
        self.faults: list[str] = []
        self.pages: list[str] = []
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.on("console", lambda line: line.type == "error" and self._blames(line.text))

    def _blames(self, said: str) -> None:
        if "status of 422" not in said:  # what a refusal is to the browser's log
            self.faults.append(said)

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.at}{path}")

    def sends(self, action: str) -> None:
        """Tap the button of the form that leads there."""
        self.taps(f'form[action$="{action}"] button')

    def taps(self, what: str) -> None:
        """Tap the first such thing, which leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(what).first.click()

    def chooses_plan(self, nth: int) -> None:
        """Tap the nth price."""
        self.page.locator("label[for^=plan-]").nth(nth).click()

    def fits(self, name: str) -> None:
        """Nothing is wider than the screen. With PORTAL_SHOTS a picture is kept there."""
        said = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.lang]")
        if os.environ.get("PORTAL_SHOTS"):
            self.page.screenshot(path=f"{os.environ['PORTAL_SHOTS']}/{self.language}-{name}.png", full_page=True)
        assert said == [SMALL["width"], self.language], name
        assert self.faults == []
        self.pages.append(self.page.content())

    def comes_in(self, phone: str) -> None:
        """By a code of an SMS, and chooses a PIN."""
        self.opens("/ask")
        self.fits("ask")
        self.page.fill("#phone", phone)
        self.sends("/ask")
        self.fits("code")
        self.page.fill("#code", self.code(phone, "log_in_code"))
        self.sends("/code")
        self.fits("secret")
        self.page.fill("#secret", PIN)
        self.sends("/secret")

    def code(self, phone: str, template: str) -> str:
        return Browser(None, self.parts).code(phone, template)  # type: ignore[arg-type]


@pytest.fixture
def handset(chromium: Any, at: str, parts: Parts) -> Iterator[Callable[..., Handset]]:
    contexts = []

    def take(language: str = "en") -> Handset:
        contexts.append(chromium.new_context(viewport=SMALL, locale="ar-SS" if language == "ar" else "en-GB"))
        return Handset(contexts[-1], at, language, parts)

    yield take
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_from_signing_up_to_the_sms_of_a_guest(handset, parts: Parts, town: Town, language: str, capfd) -> None:
    phone = handset(language)
    phone.opens("/")
    phone.fits("log-in")
    phone.comes_in(KIDEN)
    phone.fits("sign-up")
    phone.page.fill("#momo", "0921999999")
    phone.page.fill("#ssid", "Kiden's Corner")
    phone.page.fill("#wifi_password", MARKER)
    phone.page.check("#reach-mikrotik")
    phone.sends("/sign-up")
    phone.fits("momo")
    phone.page.fill("#code", phone.code("+211921999999", "momo_code"))
    phone.sends("/momo/code")
    phone.fits("not-connected")
    with parts.db.transaction() as tx:
        spot = tx.execute(text("SELECT id FROM hotspot WHERE ssid = 'Kiden''s Corner'")).scalar_one()
        connect_network(tx, hotspot_id=spot, router_id=town.routers["munuki"])

    phone.opens("/")
    phone.fits("sell")
    phone.chooses_plan(1)
    phone.page.fill("#recipient", GUEST)
    phone.sends("/sell")
    phone.fits("sold")
    assert GUEST[-3:] in phone.page.inner_text("main")
    ((template, shown),) = texts_to(parts, "+211922000002")
    assert template == "token"
    assert "Kiden's Corner" in shown

    phone.opens("/")
    phone.page.click("label[for=momo]")
    assert phone.page.is_visible("#payer")
    phone.chooses_plan(0)
    phone.page.fill("#recipient", GUEST)
    phone.fits("sell-by-momo")
    phone.sends("/sell")
    phone.fits("waits")
    phone.opens("/")
    phone.page.click("label[for=given]")
    assert phone.page.is_visible("#campaign")
    assert not phone.page.is_visible("#payer")
    phone.chooses_plan(0)
    phone.page.fill("#recipient", "12345")
    phone.sends("/sell")
    phone.fits("refused")
    for name in ("sales", "money", "more", "prices", "networks", "helpers", "gifts", "momo", "secret"):
        phone.opens(f"/{name}")
        phone.fits(name)
    phone.opens("/sales")
    phone.taps("main a[href*='/tokens/']")
    phone.fits("token")
    phone.opens("/networks")
    phone.taps("main a[href*='/networks/']")
    phone.fits("network")
    everything_told = "".join(phone.pages) + "".join(capfd.readouterr()) + everything_kept(parts)
    assert MARKER not in everything_told


def everything_kept(parts: Parts) -> str:
    """Every column of every row, as it would be read from a stolen disk."""
    with parts.db.reading() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        kept = [connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars().all() for table in tables]
    return "\n".join(row for rows in kept for row in rows)


def test_the_marker_would_be_found_where_it_is_not_sealed(parts: Parts, town: Town) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET admin_password_sealed = :open WHERE code = 11"), {"open": MARKER})
    assert MARKER in everything_kept(parts)


@pytest.mark.parametrize("path", ["/", "/ask"])
def test_a_cold_page_of_a_stranger_is_light(handset, path: str) -> None:
    assert_light(handset(), path)


@pytest.mark.parametrize("path", ["/", "/sales", "/prices", "/networks", "/money"])
def test_a_cold_page_of_an_owner_is_light(handset, chromium, path: str, at: str, parts: Parts) -> None:
    logged_in = handset()
    logged_in.comes_in(DENG)
    kept = logged_in.page.context.storage_state()
    cold = chromium.new_context(viewport=SMALL, storage_state=kept)
    assert_light(Handset(cold, at, "en", parts), path)
    cold.close()


def assert_light(phone: Handset, path: str) -> None:
    """Counted by the browser itself, headers included."""
    heard: list[int] = []
    wire = phone.page.context.new_cdp_session(phone.page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda told: heard.append(int(told["encodedDataLength"])))
    phone.opens(path)
    phone.page.wait_for_load_state("networkidle")
    assert 1 < len(heard) <= COLD_REQUESTS_MAX, heard
    assert sum(heard) <= COLD_BYTES_MAX, heard


def test_the_app_stays_when_the_network_goes_and_shows_no_money(handset) -> None:
    phone = handset()
    phone.comes_in(DENG)
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.opens("/money")
    phone.page.context.set_offline(True)
    phone.opens("/money")
    assert "There is no network now." in phone.page.inner_text("main")
    assert not re.search(r"SSP|جنيه", phone.page.inner_text("body"))
    kept = phone.page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
        ".then((all) => all.flat().map((asked) => new URL(asked.url).pathname))"
    )
    assert sorted(kept) == ["/portal/assets/portal.css", "/portal/no-network"]


def test_a_double_tap_sells_once(handset, parts: Parts, town: Town) -> None:
    phone = handset()
    phone.comes_in(DENG)
    phone.page.select_option("#network", str(town.hotspots["Munuki Net"]))
    phone.chooses_plan(0)
    phone.page.fill("#recipient", GUEST)
    phone.page.evaluate("form = document.querySelector('form[action$=\"/sell\"]'); form.submit(); form.submit()")
    phone.page.wait_for_url("**/sold/*")
    assert count(parts, "token") == 1
