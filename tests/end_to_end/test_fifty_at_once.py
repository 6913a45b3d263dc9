"""Fifty copies at the same moment, over HTTP and through both web processes: one effect."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.end_to_end.books import paid_once_for_one_token

COPIES = 50
GATEWAYS_GIVE_UP_S = 20


def all_at_once(act):
    """What each of fifty threads got that began together."""
    together = threading.Barrier(COPIES)

    def one(number):
        together.wait()
        return act(number)

    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(one, range(COPIES)))


class Gateway:
    """Posts hops as the aggregator does, but as often as it likes."""

    def __init__(self, house, phone):
        self.url = f"{house.web}/ussd/africastalking/{house.demo['key']}"
        self.form = {"sessionId": f"copies-{phone.number}", "phoneNumber": phone.number, "serviceCode": "*384*77#"}

    def hop(self, text):
        answer = requests.post(self.url, data=self.form | {"text": text}, timeout=60)
        assert answer.status_code == 200
        return answer.content.decode()


def walk_to_paying(house, phone, *keys):
    """The gateway of a call that stands before its last key, and the text that ends it."""
    gateway, text = Gateway(house, phone), ""
    assert gateway.hop("").startswith("CON ")
    for key in keys:
        text = f"{text}*{key}".removeprefix("*")
        assert gateway.hop(text).startswith("CON ")
    return gateway, text


@pytest.mark.slow
def test_fifty_copies_of_a_hop_that_asks_for_a_payment_ask_once(house, achol):
    gateway, text = walk_to_paying(house, achol, "1", "2", "1", "11", "1")
    screens = set(all_at_once(lambda _: gateway.hop(f"{text}*2")))
    assert len(screens) == 1
    assert screens.pop().startswith("END Approve SSP 300")
    achol.approves()
    achol.gets_credentials()
    achol.hears("Received SSP 300 by MoMo")
    paid_once_for_one_token(house, achol)
    assert gateway.hop(f"{text}*2").startswith("END Approve SSP 300")  # late, too
    paid_once_for_one_token(house, achol)
    house.is_clean()


@pytest.mark.slow
def test_fifty_copies_of_a_hop_that_pays_from_the_balance_pay_once(house, achol):
    gateway, text = walk_to_paying(house, achol, "1", "3")
    gateway.hop(f"{text}*500")
    assert gateway.hop(f"{text}*500*1").startswith("END Approve SSP 500")
    achol.approves()
    achol.hears("Received SSP 500 by MoMo")
    again = Gateway(house, achol)
    again.form["sessionId"] += "-again"
    for step in ("", "2", "2*1", "2*1*11", "2*1*11*1"):
        assert again.hop(step).startswith("CON ")
    screens = set(all_at_once(lambda _: again.hop("2*1*11*1*1")))
    assert len(screens) == 1
    assert screens.pop().startswith("END Paid SSP 300 from your balance.")
    achol.gets_credentials()
    balance = """SELECT sum(p.amount_minor)::bigint, count(*) FROM ledger_posting p
                 JOIN customer c ON c.wallet_id = p.account_id JOIN contact k ON k.customer_id = c.id WHERE k.phone = %s"""
    assert house.rows(balance, achol.number) == [(20000, 2)]
    assert len(set(achol.credentials())) == 1
    house.is_clean()


@pytest.mark.slow
def test_fifty_callbacks_by_put_and_post_credit_once(house, achol):
    house.town("momo/faults", {"callback": "never"})  # the callbacks are ours
    achol.dial()
    achol.press("1", "2", "1", "11", "1", "2")
    achol.approves()
    (asked,) = achol.requests("SUCCESSFUL")
    body = {
        "financialTransactionId": asked["financialTransactionId"],
        "externalId": asked["external_id"],
        "amount": asked["amount"],
        "currency": asked["currency"],
        "payer": {"partyIdType": "MSISDN", "partyId": asked["msisdn"]},
        "status": "SUCCESSFUL",
    }

    def call_back(number):
        method = ("PUT", "POST")[number % 2]
        return requests.request(method, asked["callback_url"], data=json.dumps(body), timeout=60).status_code

    assert set(all_at_once(call_back)) == {200}
    achol.gets_credentials()
    achol.hears("Received SSP 300 by MoMo")
    paid_once_for_one_token(house, achol)
    assert call_back(0) == 200  # late, too
    heard = "SELECT method, count(*) FROM provider_message WHERE reference = %s GROUP BY method ORDER BY method"
    assert house.rows(heard, asked["reference"]) == [("POST", 25), ("PUT", 26)]
    house.is_clean()


@pytest.mark.slow
def test_fifty_phones_that_text_at_once_are_all_answered(house, phone_of):
    """Each text is a transaction that reads facts: none may wait for a connection that the others hold."""
    phones = [phone_of() for _ in range(COPIES)]
    url = f"{house.web}/sms/africastalking/{house.demo['key']}/inbound"

    def text(number):
        form = {"id": f"burst-{phones[number].number}", "from": phones[number].number, "text": "JOIN"}
        began = time.monotonic()
        answer = requests.post(url, data=form, timeout=60)
        return answer.status_code, time.monotonic() - began

    answers = all_at_once(text)
    assert {status for status, _ in answers} == {200}
    assert max(took for _, took in answers) < GATEWAYS_GIVE_UP_S
    for phone in phones:
        phone.hears("2. Buy Wi-Fi")
    assert {len(phone.texts()) for phone in phones} == {1}
