"""No secret in any log, also of a day on which much goes wrong."""

from __future__ import annotations

import re

import pytest
import requests

from tests.end_to_end.waiting import await_until

GUESSED = "kiden-guesses-this-password"
TYPED_PIN = "90817"


@pytest.mark.slow
def test_a_day_on_which_much_goes_wrong_leaves_no_secret_in_any_log(house, achol):
    key, number = house.demo["key"], "0" + achol.number[4:]
    achol.text("JOIN")
    achol.hears("2. Buy Wi-Fi")
    house.town("momo/faults", {"lose_answer_take_money": True, "status_500": True, "reason_as": "string", "times": 1})
    house.town("faults", {"drop": 1})
    house.town("routers/juba-town/faults", {"drop_before": 1})
    achol.dial()
    achol.press("2", "1", "11", "1", "2")
    achol.approves()
    asked = "SELECT 1 FROM payment_intent WHERE payer_phone = %s AND asks > 0"
    await_until(lambda: house.rows(asked, achol.number), what="a question to MTN")
    house.skip(61)
    token = achol.gets_credentials()
    house.town("routers/juba-town/faults", {})
    house.town("faults", {"error": 500})
    achol.text(f"my PIN is {TYPED_PIN}")
    failed = """SELECT 1 FROM outbox o JOIN text_message m ON m.id = (o.body->>'message')::bigint AND o.kind = 'sms'
                WHERE m.phone = %s AND o.last_error IS NOT NULL"""
    await_until(lambda: house.rows(failed, achol.number))
    house.town("faults", {})
    for path in (f"/ussd/africastalking/{key}", f"/sms/africastalking/{key}/inbound", f"/callbacks/mtn-momo/{key}"):
        for body in (b"", b"\x00\xff" * 40, b"text=" + b"9" * 90_000, b'{"externalId": 7, "password": "x"}'):
            assert requests.post(house.web + path, data=body, timeout=20).status_code < 500
        assert requests.post(house.web + path.replace(key, key[:-1]), data=b"", timeout=20).status_code == 404
        assert requests.get(house.web + path, timeout=20).status_code in (404, 405)
    with requests.Session() as browser:
        page = browser.get(f"{house.web}/admin/log-in", timeout=20).text
        form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1]}
        for username in ("mary", GUESSED):
            wrong = browser.post(
                f"{house.web}/admin/log-in", data=form | {"username": username, "password": GUESSED}, timeout=20
            )
            assert wrong.status_code in (401, 429)
    house.skip(301)
    achol.hears("Choose a number from the list.")
    achol.goes_online("juba-town", token)
    house.tells_no_secret()
    for file, words in house.logs():
        assert GUESSED not in words, file
        assert not re.search(rf"(?<!\d){TYPED_PIN}(?!\d)", words), file
    assert number not in "".join(words for _, words in house.logs())
    assert house.rows("SELECT count(*) FROM inbound_text WHERE shown LIKE %s", f"%{TYPED_PIN}%") == [(0,)]
