"""What an owner or a helper asks for by phone and cannot have: one sentence, nothing half sold, nothing charged."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from core.money import Money
from core.owners.add_helper import add_helper
from core.owners.change_owner import set_giveaways, set_owner_state
from core.owners.price_list import set_owner_price
from core.parts import Parts
from tests.core.owners.stall import BUYER, HELPER, Stall
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, DENG, Call, Town, count, doors, everything_agrees, snapshot, texts_to

SEEN = (
    "inbound_text",
    "text_message",
    "outbox",
    "sms_conversation",
    "ussd_session",
)  # that something was asked and answered


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    deng, now = Stall(parts, town).who(DENG), parts.clock.now()
    parts.db.run(lambda tx: add_helper(tx, owner=deng, typed_phone=HELPER, code="*384*77#", now=now))
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def deng(app: Flask, parts: Parts) -> Texter:
    return Texter(app, parts, DENG)


def suspended(parts: Parts, town: Town) -> None:
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=town.deng.customer_id, state="suspended"))


def dearer(parts: Parts, town: Town) -> None:
    price, now = Money.of(900, "SSP"), parts.clock.now()
    parts.db.run(lambda tx: set_owner_price(tx, owner_id=town.deng.customer_id, plan_code="3H", price=price, now=now))


@pytest.mark.parametrize("seller", [DENG, HELPER])
@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("+254712345678", "Only South Sudan numbers (+211) can be used here."),
        ("0180123456", "That is not a mobile number."),
        ("12", "That is not a phone number. Write it like 0921234567."),
    ],
)
def test_nothing_goes_abroad_or_to_a_landline(app: Flask, parts: Parts, seller: str, to: str, said: str) -> None:
    before = snapshot(parts, besides=SEEN)
    assert Texter(app, parts, seller).ask(f"SELL {to} 3H CASH") == said
    call = Call(app.test_client(), parts.settings.gateway_key, seller)
    call.dial("12", "1", "11", "2")
    assert call.press(to).startswith(f"CON {said}")
    assert snapshot(parts, besides=SEEN) == before


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (dearer, "The price is now SSP 900. Nothing was paid. Please start again."),
        (suspended, "This Wi-Fi may not sell now. Please call us"),
    ],
)
@pytest.mark.parametrize("seller", [DENG, HELPER])
def test_what_changes_between_the_screen_and_the_sale(
    app: Flask, parts: Parts, town: Town, seller: str, meanwhile, said: str
) -> None:
    call = Call(app.test_client(), parts.settings.gateway_key, seller)
    call.dial("12", "1", "11", "2", "0921234567")
    meanwhile(parts, town)
    before = snapshot(parts, besides=SEEN)
    answer = call.press("1")
    assert answer.startswith(f"END {said}")
    assert call.hop(call.text) == answer
    assert snapshot(parts, besides=SEEN) == before
    assert texts_to(parts, ACHOL) == []


def test_the_last_gift_is_given_once_however_many_text_at_once(app: Flask, parts: Parts, town: Town) -> None:
    parts.db.run(lambda tx: set_giveaways(tx, owner_id=town.deng.customer_id, day_max=1, once_per_phone_day=False))

    def give(number: int) -> None:
        Texter(app, parts, DENG).send(f"GIVE 09210{number:05} 1H", gateway_id=f"gift-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(give, range(8)))
    # Deng has two networks: each text is asked which, and only the last question stands.
    assert Texter(app, parts, DENG).ask("11").startswith("Given.")
    assert Texter(app, parts, DENG).ask("GIVE 0922000002 1H").startswith("Which Wi-Fi?")
    assert Texter(app, parts, DENG).ask("11") == "You gave away 1 today. That is the limit."
    assert count(parts, "token", "origin = 'given'") == 1
    assert texts_to(parts, BUYER) == []


def test_a_helper_gives_nothing_away(app: Flask, parts: Parts) -> None:
    said = Texter(app, parts, HELPER).ask("GIVE 0921234567 1H")
    assert said == "Only the owner of this Wi-Fi and their helpers can do this."
    assert count(parts, "token") == 0


@pytest.mark.parametrize("name", ["x" * 33, "ش" * 17, "Deng 🔥", 'the "best"', "Deng's “net”"])
def test_a_name_that_cannot_be_in_the_air(deng: Texter, parts: Parts, name: str) -> None:
    deng.ask("OWNER")
    deng.ask("3")
    before = snapshot(parts, besides=SEEN)
    assert deng.ask(name).startswith("A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji.")
    assert snapshot(parts, besides=SEEN) == before


@pytest.mark.parametrize("phone", ["0911234567", "0981234567", "+254712345678", "0180123456"])
def test_a_number_that_is_not_mtn_gets_no_share_and_pays_nothing(deng: Texter, parts: Parts, phone: str) -> None:
    deng.ask("OWNER")
    deng.ask("4")
    refused = deng.ask(phone)
    assert refused.startswith(
        ("Only MTN numbers (092, 099) can pay by MoMo.", "Only South Sudan numbers", "That is not a mobile number.")
    )
    assert count(parts, "momo_code") == 0
    deng.ask("SELL 0921234567 3H")
    deng.ask("11")
    deng.ask("3")
    assert deng.ask(phone).startswith(refused.splitlines()[0])
    assert count(parts, "payment_intent") == 0
