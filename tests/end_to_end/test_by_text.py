"""The same job by SMS, through the aggregator: a keyword, then numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.books import paid_once_for_one_token
from tests.end_to_end.waiting import await_until

COPIES = 8


def answer(phone, words, expected, text_id=None, count=1):
    """Send a text and wait for the one that answers it."""
    assert phone.text(words, text_id)["status"] == "delivered"
    return phone.hears(expected, count)


@pytest.mark.slow
def test_a_token_is_bought_by_texting_a_keyword_and_then_numbers(house, achol):
    answer(achol, "JOIN Achol Deng", "2. Buy Wi-Fi")
    assert "11. Juba Town Wi-Fi" in answer(achol, "BUY 1H", "Which Wi-Fi?")
    answer(achol, "11", "For whom?")
    assert "2. By MoMo" in answer(achol, "1", "1 hour: pay SSP 300?")
    answer(achol, "2", "Approve SSP 300 on 09")
    achol.approves()
    token = achol.gets_credentials()
    achol.hears("Received SSP 300 by MoMo for 1 hour.")
    achol.goes_online("juba-town", token)
    paid_once_for_one_token(house, achol)
    assert house.rows(
        "SELECT name FROM customer c JOIN contact k ON k.customer_id = c.id WHERE phone = %s", achol.number
    ) == [("Achol Deng",)]
    house.is_clean()


@pytest.mark.slow
def test_an_inbound_text_that_comes_again_does_nothing_more(house, achol):
    answer(achol, "JOIN", "2. Buy Wi-Fi")
    answer(achol, "BUY 1H", "Which Wi-Fi?")
    answer(achol, "11", "For whom?")
    answer(achol, "1", "pay SSP 300?")
    paying = f"paying-{achol.number}"
    with ThreadPoolExecutor(COPIES) as pool:  # at once, and then late
        assert {done["status"] for done in pool.map(lambda _: achol.text("2", paying), range(COPIES))} == {"delivered"}
    achol.hears("Approve SSP 300")
    achol.approves()
    achol.gets_credentials()
    achol.text("2", paying)
    achol.hears("Received SSP 300 by MoMo")
    answer(achol, "BALANCE", "Balance SSP 0.")  # whatever the late one did would have come before this answer
    assert sum("Approve SSP 300" in text for text in achol.texts()) == 1
    paid_once_for_one_token(house, achol)
    house.is_clean()


def test_stop_silences_and_start_is_heard_again(house, achol):
    answer(achol, "JOIN", "2. Buy Wi-Fi")
    answer(achol, "STOP", "No more notices from us.")
    silenced = "SELECT count(*) FROM silenced_phone WHERE phone = %s"
    assert house.rows(silenced, achol.number) == [(1,)]
    answer(achol, "balance", "Balance SSP 0.")  # what she asks for still comes
    answer(achol, "start", "You hear from us again.")
    assert house.rows(silenced, achol.number) == [(0,)]


def test_who_opts_out_at_the_aggregator_is_silenced_here_and_seen_stuck_there(house, achol):
    answer(achol, "JOIN", "2. Buy Wi-Fi")
    house.town("optout", {"phone": achol.number})
    await_until(lambda: house.rows("SELECT count(*) FROM silenced_phone WHERE phone = %s", achol.number) == [(1,)])
    achol.text("BALANCE")
    refused = "SELECT failure FROM text_message WHERE phone = %s AND state = 'rejected'"
    assert await_until(lambda: house.rows(refused, achol.number)) == [("opted_out_at_provider",)]
    house.town("optin", {"phone": achol.number})
