"""Payments by text: receipts, a wallet's transaction id, the bank, topping up by itself. One text answers one text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import IdClaimed
from core.parts import Parts
from core.statements.accounts import AccountWords, NewAccount, open_money_account
from flows.refusals import sentence
from tests.core.statements.bank import Bank, csv_of, row
from tests.sms_bot.test_inbound import Texter
from tests.town import ACHOL, DENG, Town, count, doors, everything_agrees, texts_to


@pytest.fixture
def bank(parts: Parts, town: Town, clock: FixedClock) -> Bank:
    bank = Bank(parts, town, clock).opens()
    with parts.db.transaction() as tx:
        account = NewAccount("kcb", "bank", "SSP", AccountWords("KCB Juba", "5501 2345 67", alias=2))
        open_money_account(tx, account, now=clock.now())
    return bank


@pytest.fixture
def app(parts: Parts, town: Town, bank: Bank, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


def templates(parts: Parts, phone: str = ACHOL) -> list[str]:
    return [template for template, _shown in texts_to(parts, phone)]


def test_the_last_receipts_come_in_one_text(app: Flask, parts: Parts, town: Town) -> None:
    for number, pounds in enumerate((700, 800)):
        town.give(town.achol, pounds, key=str(number))
    before = len(templates(parts))
    Texter(app, parts).send("RECEIPTS")
    assert templates(parts)[before:] == ["receipts"]
    said = texts_to(parts, ACHOL)[-1][1]
    assert said.splitlines()[1].startswith("23/11: SSP 800, receipt ")
    assert "SSP 700" in said


def test_whoever_holds_a_receipt_learns_whether_it_is_good_and_not_whose_it_is(
    app: Flask, parts: Parts, town: Town
) -> None:
    town.give(town.achol, 700)
    with parts.db.reading() as connection:
        code = connection.execute(text("SELECT check_code FROM receipt")).scalar_one()
    deng = Texter(app, parts, DENG)
    deng.send(f"RECEIPT {code}")
    template, said = texts_to(parts, DENG)[-1]
    assert template == "receipt_good"
    assert "SSP 700" in said
    assert "Achol" not in said
    assert deng.ask("RECEIPT 123456789").startswith("That is no check number.")
    deng.send("RECEIPT 100000006")
    assert texts_to(parts, DENG)[-1][0] == "receipt_none"


def test_a_transaction_id_is_claimed_once_and_credited_when_the_statement_tells_of_it(
    app: Flask, parts: Parts, town: Town, bank: Bank
) -> None:
    achol, deng = Texter(app, parts), Texter(app, parts, DENG)
    assert achol.ask("PAID MP15.1341.A7").startswith("m-GURUSH, number MP15.1341.A7?")
    achol.send("1")
    assert templates(parts)[-1] == "claim_heard"
    deng.send("PAID mp15.1341.a7")
    assert deng.ask("1") == sentence(IdClaimed(reference="MP15.1341.A7"), "en")
    assert count(parts, "payment_claim", "reference = 'MP15.1341.A7'") == 1
    bank.imports(csv_of(row(900, ref="MP15.1341.A7", phone=ACHOL)), "gurush")
    assert town.balance(town.achol).minor == 900_00
    assert town.balance(town.deng).minor == 0


def test_where_the_bank_is_and_what_to_write_on_the_slip(app: Flask, parts: Parts, town: Town, bank: Bank) -> None:
    said = Texter(app, parts).ask("BANK")
    assert said.startswith("KCB Juba: 5501 2345 67\nWrite SB")
    reference = said.split()[-4]
    bank.imports(csv_of(row(500, reference)))
    assert town.balance(town.achol).minor == 500_00


def test_topping_up_by_itself_is_agreed_to_and_ended(app: Flask, parts: Parts) -> None:
    achol = Texter(app, parts)
    assert achol.ask("AUTO 5000").endswith("1. Yes\n0. Back")
    assert achol.ask("1").startswith("Agree to it on the phone")
    assert count(parts, "pre_approval", "amount_minor = 500000 AND state = 'created'") == 1
    assert achol.ask("AUTO 5000").startswith("SSP 5,000 from this phone")
    assert "already" in achol.ask("1")
    achol.ask("AUTO")
    assert achol.ask("2").startswith("Ended.")
    assert count(parts, "pre_approval", "state = 'ended'") == 1
