"""A whole sale in one text: `SELL`, `GIVE` and `OWNER`, in the three tongues, once each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from core.owners.models import WifiOwner
from core.parts import Parts
from tests.core.owners.stall import Stall
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, DENG, KIDEN, Town, count, doors, everything_agrees, texts_to


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with parts.db.transaction() as tx:  # one network of Deng's sells: there is no other question to ask
        tx.execute(text("UPDATE hotspot SET closed_at = :now WHERE ssid = 'Munuki Net'"), {"now": parts.clock.now()})
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def deng(app: Flask, parts: Parts) -> Texter:
    return Texter(app, parts, DENG)


@pytest.mark.parametrize(
    "words",
    [
        "SELL 0921234567 3H CASH",
        "sell 0921 234 567 3 hours cash",
        "Sell +211921234567 2 cash",
        "بيع ٠٩٢١٢٣٤٥٦٧ ٣ ساعات نقدا",
        "biu 0921234567 3h kash",
    ],
)
def test_one_text_sells_for_cash(deng: Texter, parts: Parts, words: str) -> None:
    said = deng.ask(words)
    assert said == "Sold for SSP 700. The code for 3 hours goes by SMS to 0921 234 567."
    assert [template for template, _shown in texts_to(parts, ACHOL)] == ["token"]
    assert count(parts, "token", "origin = 'cash' AND price_minor = 70000") == 1


def test_a_text_the_gateway_repeats_sells_once(deng: Texter, parts: Parts) -> None:
    for _ in range(3):
        deng.send("SELL 0921234567 3H CASH", gateway_id="same")
    assert count(parts, "token") == 1


def test_a_gift_with_what_it_is_for(deng: Texter, parts: Parts) -> None:
    assert deng.ask("GIVE 0921234567 1H opening day") == "Given. The code for 1 hour goes by SMS to 0921 234 567."
    assert count(parts, "token", "origin = 'given' AND campaign = 'opening day'") == 1


def test_what_is_left_open_is_asked(deng: Texter, parts: Parts) -> None:
    assert deng.ask("SELL 0921234567 3H").startswith("3 hours, SSP 700, for 0921 234 567:\n1. Cash")
    assert count(parts, "token") == 0
    assert deng.ask("1").startswith("Sold for SSP 700.")
    assert deng.ask("SELL").startswith("Wi-Fi, price in SSP:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("SELL +254712345678 3H CASH", "Only South Sudan numbers (+211) can be used here."),
        ("SELL 0180123456 3H CASH", "That is not a mobile number."),
        ("SELL 12 3H CASH", "That is not a phone number. Write it like 0921234567."),
        ("SELL 0991234567 3H CASH", "That is your own number."),
        ("SELL 0921234567 7H CASH", "That is not on your price list."),
        ("SELL 0921234567 3H MOMO", "The owner's MoMo number is not confirmed yet. Take cash."),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(deng: Texter, parts: Parts, words: str, said: str) -> None:
    assert deng.ask(words) == said
    assert count(parts, "token") == 0
    assert count(parts, "payment_intent") == 0


def test_by_momo_the_recipient_is_asked(deng: Texter, parts: Parts, town: Town) -> None:
    Stall(parts, town).confirms()
    said = deng.ask("SELL 0921234567 3H MOMO")
    assert said == "0921 234 567 is asked to pay SSP 700. Once it is paid the code goes out."
    assert count(parts, "payment_intent", "purpose = 'owner_token' AND payer_phone = :phone", phone=ACHOL) == 1
    assert count(parts, "token") == 0


def test_who_sells_nothing_is_told_so(app: Flask, parts: Parts) -> None:
    said = Texter(app, parts, ACHOL).ask("SELL 0991234567 3H CASH")
    assert said == "Only the owner of this Wi-Fi and their helpers can do this."
    stranger = Texter(app, parts, KIDEN)
    assert "English" in stranger.ask("SELL 0921234567 3H CASH")
    assert count(parts, "token") == 0


def test_owner_signs_up_by_text(app: Flask, parts: Parts) -> None:
    achol = Texter(app, parts, ACHOL)
    assert achol.ask("OWNER").startswith("Sell Wi-Fi of your own?")
    assert achol.ask("1").startswith("Which MTN number gets your share?")
    assert achol.ask("0921234567").startswith("Type the 6 digits that came to 0921 234 567.")
    with parts.db.reading() as connection:
        sealed = connection.execute(text("SELECT text_sealed FROM text_message WHERE template = 'momo_code'")).scalar()
    code = parts.sealer.open(str(sealed)).split("code ")[1][:6]
    assert achol.ask(code).startswith("Name of your Wi-Fi (SSID)?")
    assert achol.ask("Menu").startswith("Which router?")  # a name may well be what is a keyword elsewhere
    assert achol.ask("1").startswith("Thank you. We connect your router.")
    with parts.db.reading() as connection:
        owner = connection.execute(text("SELECT momo_phone FROM wifi_owner WHERE momo_phone IS NOT NULL")).scalar()
        typed = connection.execute(text("SELECT string_agg(shown, ' ') FROM inbound_text")).scalar()
    assert owner == ACHOL
    assert code not in str(typed)
    assert count(parts, "hotspot", "ssid = 'Menu' AND router_id IS NULL") == 1
    assert count(parts, WifiOwner.__tablename__) == 2
