"""More data, sold at the desk for the balance: the price on the page is the one that is paid, once."""

import re

from core.catalog.data_packs import DataPack
from tests.core.subscriptions.line import FULL, GB, Line
from tests.provider import ssp
from tests.town import ACHOL, count, texts_to

PACKS = (DataPack(GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))


def capped(provider, pounds=10_000):
    """Achol's line with all its data used, and money on her balance."""
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    line.uses(11)
    provider.pays(pounds)
    (row,) = provider.rows("SELECT number FROM subscription WHERE id = :id", id=line.id)
    return line, row.number


def sells(desk, number, pack=f"{5 * GB} 240000", **form):
    return desk.post(
        f"/services/{number}/data", **({"key": desk.key(f"/services/{number}"), "pack": pack, "why": "asked"} | form)
    )


def test_the_page_says_what_is_used_and_what_more_would_cost(mary, provider):
    _line, number = capped(provider)
    page = mary.get(f"/services/{number}").text
    plain = re.sub(r"<[^>]+>", "", page).replace("\u00a0", " ")
    assert "11 GB of 10 GB" in plain
    assert "held to 64 kbit/s" in plain
    assert f'value="{5 * GB} 240000"' in page
    assert "SSP 2,400" in plain


def test_data_is_sold_for_the_balance_and_the_customer_is_texted(mary, provider, parts):
    line, number = capped(provider)
    said = mary.told(sells(mary, number))
    assert said == "Sold, good until 01/12/2026. SSP 2,400 was taken from the balance."
    assert line.speed == FULL
    assert provider.balance() == ssp(7_600)
    name, shown = texts_to(parts, ACHOL)[-1]
    assert name == "data_bought"
    assert "5 GB" in shown
    assert count(parts, "audit_entry", "act = 'data_sold' AND subject = :s", s=f"service:{number}") == 1
    assert "bought 5" in re.sub(r"<[^>]+>", "", mary.get(f"/services/{number}").text).replace("\u00a0", " ")


def test_the_same_form_sent_twice_sells_once(mary, provider, parts):
    _line, number = capped(provider)
    key = mary.key(f"/services/{number}")
    first, second = sells(mary, number, key=key), sells(mary, number, key=key)
    assert first.status_code == second.status_code == 303
    assert provider.balance() == ssp(7_600)
    assert count(parts, "audit_entry", "act = 'data_sold'") == 1


def test_what_cannot_be_sold_gets_one_sentence_and_sells_nothing(mary, provider):
    _line, number = capped(provider, 1_000)
    for form, sentence in (
        ({}, "The balance of SSP 1,000 does not cover SSP 2,400. Nothing was done."),
        ({"pack": f"{5 * GB} 100"}, "The price is now SSP 2,400. Nothing was paid. Please start again."),
        ({"pack": f"{7 * GB} 100"}, "This tariff is not sold any more. Please choose another."),
        ({"pack": ""}, "Write whole numbers with digits only."),
        ({"why": ""}, "Write the reason."),
    ):
        answer = sells(mary, number, **form)
        assert mary.refused(answer, answer.status_code) == sentence
    assert provider.balance() == ssp(1_000)


def test_a_service_without_packs_offers_none(mary, provider):
    provider.begins("HOME")
    (row,) = provider.rows("SELECT number FROM subscription")
    assert "/data" not in mary.get(f"/services/{row.number}").text
