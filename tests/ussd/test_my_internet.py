"""Usage, speed and more data by USSD, from the books to the screen: what is bought lifts what was slow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from core.catalog.data_packs import DataPack
from core.catalog.fair_use import FairUse, Step
from core.clock import FixedClock
from core.parts import Parts
from core.subscriptions.slow import slow
from core.usage.fold import fold
from tests.core.subscriptions.line import CAPPED, FULL, GB, SAY, Line
from tests.provider import Provider, found, ssp
from tests.town import ACHOL, DENG, Call, Town, count, texts_to

PACKS = (DataPack(GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))


@pytest.fixture
def provider(parts: Parts, town: Town, clock: FixedClock) -> Provider:
    return found(parts, town, clock)


@pytest.fixture
def line(provider: Provider) -> Line:
    """Twelve of ten gigabytes used."""
    made = Line(provider, data_bytes=10 * GB, packs=PACKS)
    made.uses(12)
    return made


def test_what_is_used_and_how_fast_it_is(provider: Provider, line: Line, calling: Callable[..., Call]) -> None:
    call = calling()
    assert call.dial("11", "1").splitlines() == [
        "CON Today 12 GB, this month 12 GB of 10 GB.",
        "Slowed to 64 kbit/s until 01/12.",
        "1. Buy more data",
        "0. Back",
    ]
    assert call.press("0", "2").splitlines()[:2] == [
        "CON Your speed now: 64 kbit/s down, 64 kbit/s up.",
        "Slow until 01/12: your data is used.",
    ]
    provider.does(slow, subscription_id=line.id, by=provider.by())
    assert "Slow until your bill is paid." in call.press("0", "2")


def test_data_is_bought_from_the_balance_and_the_next_look_shows_it(
    provider: Provider, line: Line, calling: Callable[..., Call], parts: Parts
) -> None:
    provider.pays(3_000)
    call = calling()
    assert "2. 5 GB 2,400" in call.dial("11", "3")
    assert call.press("2").startswith("CON 5 GB until 01/12: pay SSP 2,400?")
    assert call.press("1") == "END Paid SSP 2,400 from your balance. You have 5 GB more."
    assert call.hop(call.text).startswith("END Paid")  # the gateway repeats itself
    assert line.speed == FULL
    assert provider.balance() == ssp(600)
    assert count(parts, "bought_data") == 1
    assert texts_to(parts, ACHOL)[-1][0] == "data_bought"
    shown = calling(session="ATUid_2").dial("11", "1")
    assert "this month 12 GB of 10 GB." in shown
    assert "Bought and left: 5 GB." in shown


def test_with_too_small_a_balance_momo_is_asked_for_the_price(
    provider: Provider, line: Line, calling: Callable[..., Call]
) -> None:
    call = calling()
    assert "1. From balance" not in call.dial("11", "3", "1")
    assert call.press("2").startswith("END Approve SSP 600 on 0921 234 567")
    (intent,) = provider.rows("SELECT purpose, purpose_body, amount_minor FROM payment_intent")
    assert (intent.purpose, intent.amount_minor) == ("data", 60_000)
    assert intent.purpose_body == {"service": line.id, "data_bytes": GB, "price": 60_000}
    assert line.speed == CAPPED


def test_another_price_between_two_screens_is_refused(
    provider: Provider, line: Line, calling: Callable[..., Call]
) -> None:
    provider.pays(3_000)
    call = calling()
    call.dial("11", "3", "2")
    provider.does(
        lambda tx: tx.execute(
            text(
                "INSERT INTO tax_exemption (customer_id, tax_id, certificate, valid_from, valid_until, made_at)"
                " SELECT :who, id, 'NGO 7', '2026-01-01', '2027-01-01', now() FROM tax"
            ),
            {"who": provider.town.achol.customer_id},
        )
    )
    assert call.press("1").startswith("CON No more data is sold for it now.")
    assert provider.balance() == ssp(3_000)
    assert "2. 5 GB 2,000" in call.press("3")


def test_hours_that_do_not_count_and_a_day_s_share_are_told(provider: Provider, calling: Callable[..., Call]) -> None:
    line = Line(provider, fair_use=FairUse((Step("day", 2 * GB, 512, 512),), 22, 6))
    line.at(3, 23)
    line.uses(7)
    line.at(4, 12)
    line.uses(3)
    shown = calling().dial("11", "1")
    assert shown.splitlines() == [
        "CON Today 3 GB, this month 3 GB.",
        "Slowed to 512 kbit/s until 05/11.",
        "Free from 22:00 to 6:00.",
        "0. Back",
    ]


def test_a_line_of_another_customer_is_nobody_else_s(
    provider: Provider, line: Line, calling: Callable[..., Call], parts: Parts
) -> None:
    deng = calling(phone=DENG, session="ATUid_3")
    assert deng.dial("11").startswith("CON You have no internet from us now.")
    kiden = calling(phone="+211929999999", session="ATUid_4")
    assert "1. English" in kiden.dial("11", "3")
    assert count(parts, "bought_data") == 0


def test_a_token_without_a_service_shows_what_it_used(
    provider: Provider, calling: Callable[..., Call], parts: Parts
) -> None:
    provider.on("2026-11-25")  # tokens are sold since the 22nd
    provider.pays(5_000)
    call = calling()
    call.dial("2", "7", "11", "1")
    call.press("1")
    (grant,) = provider.rows("SELECT id FROM access_grant")
    values = {"at": provider.clock.now(), "session": "x", "grant": grant.id, "down": 1_500_000_000}
    provider.does(lambda tx: tx.execute(SAY, values))
    fold(parts.db, provider.clock.now())
    again = calling(session="ATUid_5")
    assert "1.5 GB of 2 GB used." in again.dial("11", "1")
    assert "Your speed now: 2 Mbit/s down, 512 kbit/s up." in again.press("0", "2")
