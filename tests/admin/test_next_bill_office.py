"""What staff put on a customer's next bill, see waiting there, and take back."""

import pytest

from tests.provider import ssp
from tests.town import count, snapshot


@pytest.fixture
def service(provider):
    """Achol's HOME since 1 November; its number."""
    return provider.service(provider.begins("HOME")).number


def path(provider):
    return f"/customers/{provider.town.achol.number}/next-bill"


def asks(desk, provider, what, pounds, **form):
    asked = {"kind": f"next_{what}", "class": "telecom", "service": "", "amount": pounds, "why": "an hour of work"}
    return desk.post(path(provider), **(asked | {"key": desk.key(path(provider))} | form))


def test_a_charge_is_seen_waiting_and_then_on_the_bill_with_its_reason(mary, provider, parts, service):
    key = mary.key(path(provider))
    assert mary.told(asks(mary, provider, "charge", "5,000", service=service, key=key)) == "It stands on the next bill."
    assert "Nothing was done twice" in mary.told(asks(mary, provider, "charge", "5000", service=service, key=key))
    assert asks(mary, provider, "charge", "6000", service=service, key=key).status_code == 409
    for page in (f"/customers/{provider.town.achol.number}", f"/services/{service}", path(provider)):
        shown = mary.get(page).text
        assert "an hour of work" in shown
        assert "5,000" in shown
    provider.bills_daily_until("2026-12-01")
    (bill,) = provider.invoices()
    assert bill.total == 42_000
    assert "an hour of work" in mary.get(f"/documents/{bill.number}").text
    after = mary.get(path(provider)).text
    assert "Nothing waits." in after
    assert bill.number in after
    assert "an hour of work" not in mary.get(f"/services/{service}").text
    assert count(parts, "audit_entry", "act = 'adjustment_asked'") == 1
    provider.agrees()


def test_of_another_service_its_page_says_nothing(mary, provider, service):
    other = provider.service(provider.begins("BIGGER")).number
    asks(mary, provider, "charge", "5000", service=other)
    assert "an hour of work" not in mary.get(f"/services/{service}").text
    assert "an hour of work" in mary.get(f"/services/{other}").text


def test_a_cashier_gives_a_small_discount_alone_and_a_manager_decides_on_a_greater_one(desk_of, provider, service):
    rose, mary = desk_of("rose"), desk_of("mary")
    assert rose.told(asks(rose, provider, "discount", "1500")) == "It stands on the next bill."
    assert "waits for a second person" in rose.told(asks(rose, provider, "discount", "1000", service=service))
    assert "-1,500" in rose.get(path(provider)).text
    assert "-1,000" not in rose.get(path(provider)).text
    shown = mary.get("/adjustments").text
    assert "Discount on the next bill" in shown
    assert service in shown
    (row,) = provider.rows("SELECT id FROM adjustment WHERE state = 'waiting'")
    assert "It is done: SSP 1,000" in mary.told(mary.post(f"/adjustments/{row.id}/decide", approve="yes"))
    assert "-1,000" in rose.get(path(provider)).text
    provider.bills_daily_until("2026-12-01")
    assert provider.invoices()[0].net == 27_500
    provider.agrees()


def test_what_waits_is_taken_back_by_who_asked_or_who_decides_with_a_reason(desk_of, provider, parts, service):
    rose, mary = desk_of("rose"), desk_of("mary")
    asks(rose, provider, "discount", "1500")
    asks(mary, provider, "charge", "5000")
    own, others = provider.rows("SELECT id FROM charge ORDER BY id")
    before = snapshot(parts)
    assert rose.refused(rose.post(f"{path(provider)}/{own.id}/take-back", why=" ")) == "Write the reason."
    assert rose.post(f"{path(provider)}/{others.id}/take-back", why="no").status_code == 403
    deng = f"/customers/{provider.town.deng.number}/next-bill"
    assert mary.post(f"{deng}/{own.id}/take-back", why="no").status_code == 404
    assert snapshot(parts) == before
    page = rose.get(path(provider)).text
    assert f"/{own.id}/take-back" in page
    assert f"/{others.id}/take-back" not in page
    said = rose.told(rose.post(f"{path(provider)}/{own.id}/take-back", why="the wrong customer"))
    assert said == "It is taken back: it will stand on no bill."
    assert mary.told(mary.post(f"{path(provider)}/{others.id}/take-back", why="agreed")) == said
    again = mary.refused(mary.post(f"{path(provider)}/{own.id}/take-back", why="x"))
    assert again == "It was taken back before."
    assert "the wrong customer" in mary.get(path(provider)).text
    events = mary.get(f"/customers/{provider.town.achol.number}").text
    assert "Taken back from the next bill" in events
    assert "the wrong customer" in events
    provider.bills_daily_until("2026-12-01")
    assert provider.invoices()[0].total == 36_000
    assert count(parts, "audit_entry", "act = 'charge_taken_back'") == 2


def test_a_bill_that_came_to_nothing_is_told_of_and_what_is_billed_is_not_taken_back(mary, provider, service):
    asks(mary, provider, "discount", "50000")
    provider.bills_daily_until("2026-12-01")
    assert provider.invoices() == []
    shown = mary.get(path(provider)).text
    assert "came to nothing" in shown
    assert "a part of" in shown
    used, _rest = provider.rows("SELECT id FROM charge ORDER BY id")
    refused = mary.refused(mary.post(f"{path(provider)}/{used.id}/take-back", why="x"))
    assert refused == "It stands on a bill already. Credit that bill instead."


def test_where_no_bill_is_to_come_there_is_no_form(mary, provider, parts, service):
    deng = f"/customers/{provider.town.deng.number}/next-bill"
    assert "No bill is to come" in mary.get(deng).text
    key, before = mary.key(path(provider)), snapshot(parts)
    form = {"kind": "next_charge", "class": "other", "amount": "500", "why": "x", "key": key}
    assert mary.refused(mary.post(deng, **form)).startswith("No bill is to come")
    assert mary.post(deng, **(form | {"service": service})).status_code == 404
    assert snapshot(parts) == before


NONE = [
    ({"amount": "-5"}, "Write the amount in pounds with digits only, like 5000."),
    ({"amount": "0"}, "The amount must be from SSP 1 to SSP 50,000,000."),
    ({"why": " "}, "Write the reason."),
    ({"class": "untaxed"}, "That is not possible now."),
    ({"kind": "goodwill"}, "That is not possible now."),
    ({"key": "x"}, "This form came without its key. Please open the page anew."),
]


def test_what_is_no_charge_gets_one_sentence_and_changes_nothing(mary, provider, parts, service):
    key, before = mary.key(path(provider)), snapshot(parts)
    for form, sentence in NONE:
        assert mary.refused(asks(mary, provider, "charge", "500", **({"key": key} | form))) == sentence
    assert snapshot(parts) == before
    assert provider.balance() == ssp(0)


def test_kiden_puts_nothing_on_a_bill(kiden, provider, service):
    assert kiden.post(path(provider), kind="next_charge", amount="1").status_code in {302, 303, 403}
    assert provider.rows("SELECT 1 FROM charge") == []
