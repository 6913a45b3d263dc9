"""An owner at the counter by USSD: the menu is theirs alone, and a hop that comes twice sells once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from core.parts import Parts
from tests.town import ACHOL, DENG, Call, Town, count, doors, everything_agrees, texts_to


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


def calls(app: Flask, parts: Parts, phone: str) -> Call:
    return Call(app.test_client(), parts.settings.gateway_key, phone)


def test_only_who_sells_sees_it(app: Flask, parts: Parts) -> None:
    for phone, sees in ((DENG, True), (ACHOL, False)):
        call = calls(app, parts, phone)
        call.dial()
        assert ("12. My Wi-Fi" in call.press("98", "98")) is sees


def test_a_sale_for_cash_and_its_hop_again(app: Flask, parts: Parts) -> None:
    call = calls(app, parts, DENG)
    call.dial("12", "1", "11", "2", "0921234567")
    sold = call.press("1")
    assert sold == "END Sold for SSP 700. The code for 3 hours goes by SMS to 0921 234 567."
    assert call.hop(call.text) == sold
    assert count(parts, "token", "origin = 'cash'") == 1
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token"]


def test_signing_up_goes_on_after_each_step(app: Flask, parts: Parts) -> None:
    call = calls(app, parts, ACHOL)
    assert call.dial("12").startswith("CON Sell Wi-Fi of your own?")
    assert call.press("1").startswith("CON Which MTN number gets your share?")
    assert call.press("0921234567").startswith("CON Type the 6 digits")
    assert call.press("000000").startswith("CON Name of your Wi-Fi (SSID)?")
    assert call.press("Achol Net", "4").startswith("END Written down. But nothing can let guests in and out there")
    assert count(parts, "hotspot", "ssid = 'Achol Net' AND reach = 'none'") == 1
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["momo_code", "momo_code_wrong"]
