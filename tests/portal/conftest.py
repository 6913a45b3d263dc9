"""The app with the portal alone, and who sits before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from core.clock import FixedClock
from core.owners.add_helper import add_helper
from core.parts import Parts
from portal import door as portal
from tests.core.owners.stall import HELPER, Stall
from tests.portal.browser import Browser, sale_form
from tests.town import ACHOL, DENG, KIDEN, Town

PHONES = {"deng": DENG, "achol": ACHOL, "kiden": KIDEN, "helper": HELPER}


@pytest.fixture
def session_clock() -> FixedClock:
    """The clock visits run by: the machine's own, not the town's."""
    return FixedClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture
def app(parts: Parts, town: Town, session_clock: FixedClock) -> Flask:
    app = Flask("portal alone", static_folder=None)
    app.testing = True
    portal.init_app(app, parts, session_clock=session_clock)
    app.register_blueprint(portal.create_blueprint(parts), url_prefix="/portal")
    return app


@pytest.fixture
def kiden(app: Flask, parts: Parts) -> Browser:
    """Somebody who has no business here."""
    return Browser(app.test_client(), parts)


@pytest.fixture
def stall(parts: Parts, town: Town) -> Stall:
    return Stall(parts, town)


@pytest.fixture
def browser_of(app: Flask, parts: Parts, town: Town, stall: Stall) -> Callable[[str], Browser]:
    """The browser of somebody who has just logged in. The helper is Deng's."""

    def sit(name: str) -> Browser:
        if name == "helper":
            with parts.db.transaction() as tx:
                add_helper(tx, owner=town.deng, typed_phone=HELPER, code="*384*77#", now=parts.clock.now())
        browser = Browser(app.test_client(), parts)
        browser.enter(PHONES[name])
        return browser

    return sit


@pytest.fixture
def deng(browser_of) -> Browser:
    return browser_of("deng")


@pytest.fixture
def sale(deng, town) -> dict[str, str]:
    """The form of a cash sale of three hours to Achol at the town's network, as Deng's page has it."""
    return sale_form(deng, town)
