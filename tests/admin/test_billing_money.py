"""Money moved by staff: cash that settles and reconnects, adjustments, corrections, paying later."""

from datetime import date

import pytest

from core.money import Money
from core.subscriptions.suspend import suspend
from tests.provider import ssp
from tests.town import ACHOL, count, snapshot, texts_to


@pytest.fixture
def invoice(provider):
    """Achol's bill for November: 36,000 with excise, due on 15 December."""
    provider.service_id = provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    return provider.invoices()[0]


def takes(desk, provider, amount, **form):
    path = f"/customers/{provider.town.achol.number}/cash"
    return desk.post(path, **({"amount": amount, "key": desk.key(path)} | form))


def test_cash_settles_what_is_owed_and_puts_the_service_on_again(mary, provider, invoice):
    provider.on("2026-12-20")
    provider.does(suspend, subscription_id=provider.service_id, reason="unpaid", by=provider.by("unpaid"))
    number = provider.service(provider.service_id).number
    key = mary.cash_key(provider.town.achol.number)
    said = mary.told(takes(mary, provider, "40000", key=key))
    assert "The cash is taken." in said
    assert "It settled SSP 36,000 of what was owed." in said
    assert f"On again: service {number}." in said
    assert provider.service(provider.service_id).state == "active"
    assert provider.invoices()[0].due == 0
    assert provider.balance() == ssp(4_000)
    assert "It was taken once" in mary.told(takes(mary, provider, "40000", key=key))
    assert provider.balance() == ssp(4_000)
    provider.agrees()


def test_cash_goes_to_the_oldest_bill_unless_one_is_named(mary, provider, invoice):
    provider.on("2027-01-01")
    provider.bills()
    first, second = provider.invoices()
    page = mary.get(f"/customers/{provider.town.achol.number}/cash").text
    assert first.number in page
    assert second.number in page
    takes(mary, provider, "1000")
    takes(mary, provider, "2000", bill=second.number)
    assert [row.due for row in provider.invoices()] == [35_000, 34_000]
    provider.agrees()


def test_a_bill_of_another_customer_is_not_paid(mary, provider, parts, invoice):
    path = f"/customers/{provider.town.deng.number}/cash"
    key, before = mary.key(path), snapshot(parts)
    assert mary.post(path, amount="1000", key=key, bill=invoice.number).status_code == 404
    assert mary.post(path, amount="1000", key=key, bill="INV-1-1").status_code == 404
    assert snapshot(parts) == before


def test_cash_of_who_owes_nothing_is_credit(mary, provider):
    assert "settled" not in mary.told(takes(mary, provider, "500"))
    assert 'name="bill"' not in mary.get(f"/customers/{provider.town.achol.number}/cash").text


def asks(desk, provider, kind, amount, **form):
    path = f"/customers/{provider.town.achol.number}/adjust"
    asked = {"kind": kind, "amount": amount, "why": "three days without service", "key": desk.key(path)}
    return desk.post(path, **(asked | form))


def test_goodwill_within_the_limit_is_done_at_once_and_once(desk_of, provider, parts):
    rose = desk_of("rose")
    key = rose.key(f"/customers/{provider.town.achol.number}/adjust")
    assert rose.told(asks(rose, provider, "goodwill", "1,500", key=key)) == "It is done."
    assert "Nothing was done twice" in rose.told(asks(rose, provider, "goodwill", "1500", key=key))
    assert asks(rose, provider, "goodwill", "1600", key=key).status_code == 409
    assert provider.balance() == ssp(1_500)
    assert count(parts, "audit_entry", "act = 'adjustment_asked'") == 1
    provider.agrees()


def test_above_the_limit_a_second_person_decides(desk_of, provider, parts):
    rose, mary = desk_of("rose"), desk_of("mary")
    assert "waits for a second person" in rose.told(asks(rose, provider, "goodwill", "5000"))
    assert provider.balance() == ssp(0)
    page = rose.get("/adjustments").text
    assert "/take-back" in page
    assert "/decide" not in page
    assert '<b><bdi dir="ltr">1</bdi></b>adjustments to be decided' in mary.get("/").text
    page = mary.get("/adjustments").text
    assert "three days without service" in page
    assert "/decide" in page
    (row,) = provider.rows("SELECT id FROM adjustment")
    assert "It is done: SSP 5,000" in mary.told(mary.post(f"/adjustments/{row.id}/decide", approve="yes"))
    assert provider.balance() == ssp(5_000)
    again = mary.refused(mary.post(f"/adjustments/{row.id}/decide", approve="no"))
    assert again == "This was decided before: it is done."
    assert count(parts, "audit_entry", "act = 'adjustment_decided'") == 1
    provider.agrees()


def test_nobody_approves_what_they_asked_for_but_may_take_it_back(desk_of, provider, parts):
    mary, rebecca = desk_of("mary"), desk_of("rebecca")
    asks(mary, provider, "goodwill", "400000")
    (row,) = provider.rows("SELECT id FROM adjustment")
    before = snapshot(parts)
    refused = mary.refused(mary.post(f"/adjustments/{row.id}/decide", approve="yes"))
    assert refused == "Somebody else must decide this: not the one who asked for it."
    assert rebecca.post(f"/adjustments/{row.id}/take-back").status_code == 403
    assert snapshot(parts) == before
    assert "It is refused. Nothing was moved." in mary.told(mary.post(f"/adjustments/{row.id}/take-back"))
    assert provider.balance() == ssp(0)
    assert mary.post("/adjustments/999/decide", approve="yes").status_code == 404


NO_ADJUSTMENTS = [
    ({"kind": "goodwill", "amount": "5.000"}, "Write the amount in pounds with digits only, like 5000."),
    ({"kind": "goodwill", "amount": "0"}, "The amount must be from SSP 1 to SSP 50,000,000."),
    ({"kind": "goodwill", "amount": "-5"}, "Write the amount in pounds with digits only, like 5000."),
    ({"kind": "goodwill", "amount": "500", "why": " "}, "Write the reason."),
    ({"kind": "credit_note", "amount": "500"}, "That is not possible now."),
    ({"kind": "gift", "amount": "500"}, "That is not possible now."),
    ({"kind": "refund", "amount": "500"}, "The balance of SSP 0 does not cover SSP 500. Nothing was done."),
    (
        {"kind": "goodwill", "amount": "500", "key": "x"},
        "This form came without its key. Please open the page anew.",
    ),
]


def test_an_adjustment_that_is_none_gets_one_sentence_and_changes_nothing(mary, provider, parts):
    key = mary.key(f"/customers/{provider.town.achol.number}/adjust")
    before = snapshot(parts)
    for form, sentence in NO_ADJUSTMENTS:
        assert mary.refused(asks(mary, provider, **({"key": key} | form))) == sentence
    assert snapshot(parts) == before


def corrects(desk, number, word, amount, **form):
    path = f"/documents/{number}/{word}"
    return desk.post(path, **({"amount": amount, "why": "agreed by telephone", "key": desk.key(path)} | form))


def test_an_invoice_is_credited_charged_more_and_written_off_beside_itself(mary, provider, parts, invoice):
    assert mary.told(corrects(mary, invoice.number, "credit", "3600")) == "It is done."
    assert mary.told(corrects(mary, invoice.number, "debit", "1000")) == "It is done."
    assert mary.told(corrects(mary, invoice.number, "write-off", "400")) == "It is done."
    documents = provider.invoices()
    assert [(row.kind, row.total) for row in documents] == [
        ("invoice", 36_000),
        ("credit_note", 3_600),
        ("debit_note", 1_200),
    ]
    assert documents[0].due == 32_000
    assert count(parts, "audit_entry", "subject = :s", s=f"document:{invoice.number}") == 3
    provider.agrees()


def test_more_than_the_invoice_bears_is_refused(mary, provider, parts, invoice):
    paths = {word: mary.key(f"/documents/{invoice.number}/{word}") for word in ("credit", "write-off")}
    before = snapshot(parts)
    refused = mary.refused(corrects(mary, invoice.number, "credit", "36001", key=paths["credit"]))
    assert refused == "At most SSP 36,000 of this invoice can be credited."
    refused = mary.refused(corrects(mary, invoice.number, "write-off", "36001", key=paths["write-off"]))
    assert refused == "Only SSP 36,000 is due."
    assert snapshot(parts) == before
    assert mary.get("/documents/INV-2026-000009/credit").status_code == 404
    assert mary.get("/documents/x/credit").status_code == 404


def test_a_cashier_asks_and_a_manager_decides_on_a_credit_note(desk_of, provider, invoice):
    rose, mary = desk_of("rose"), desk_of("mary")
    assert "waits for a second person" in rose.told(corrects(rose, invoice.number, "credit", "3600"))
    (row,) = provider.rows("SELECT id FROM adjustment")
    assert invoice.number in mary.get("/adjustments").text
    assert "It is done" in mary.told(mary.post(f"/adjustments/{row.id}/decide", approve="yes"))
    assert provider.invoices()[0].due == 32_400


def test_a_certificate_of_withholding_counts_once(mary, desk_of, provider, parts, invoice):
    form = {"certificate": "SSRA/2026/118"}
    said = mary.told(corrects(mary, invoice.number, "withholding", "5400", **form))
    assert said == "It is done."
    assert provider.invoices()[0].due == 30_600
    again = mary.refused(corrects(mary, invoice.number, "withholding", "5400", **form))
    assert again == "Certificate SSRA/2026/118 was counted already."
    assert mary.refused(corrects(mary, invoice.number, "withholding", "1", certificate="")) == "Write the reason."
    assert desk_of("rose").get(f"/documents/{invoice.number}/withholding").status_code == 403
    assert count(parts, "audit_entry", "act = 'adjustment_asked'") == 1
    provider.agrees()


def later(provider):
    return f"/customers/{provider.town.achol.number}/later"


def test_a_promise_puts_on_again_what_was_cut_off_for_money(mary, provider, parts, invoice):
    provider.on("2026-12-20")
    provider.does(suspend, subscription_id=provider.service_id, reason="unpaid", by=provider.by("unpaid"))
    path = f"/customers/{provider.town.achol.number}/promise"
    assert "Write it like 2026-11-30." in mary.refused(mary.post(path, until="2026-12-31"))
    said = mary.told(mary.post(path, until="2026-12-28"))
    assert "The promise to pay by 28/12/2026 is written down." in said
    assert "On again" in said
    assert provider.service(provider.service_id).state == "active"
    assert "stands" in mary.get(later(provider)).text
    assert mary.refused(mary.post(path, until="2026-12-29")) == (
        "A promise stands already, or one was broken not long ago."
    )
    assert "Promised to pay by" in mary.get(f"/customers/{provider.town.achol.number}").text
    assert count(parts, "audit_entry", "act = 'promise_taken'") == 1


def test_paying_in_parts_is_agreed_once(mary, provider, parts, invoice):
    path = f"/customers/{provider.town.achol.number}/plan"
    key = mary.key(later(provider))
    assert "It is agreed: SSP 36,000 in parts." in mary.told(mary.post(path, parts="3", key=key))
    assert "Nothing was done twice" in mary.told(mary.post(path, parts="3", key=key))
    page = mary.get(later(provider)).text
    assert page.count("SSP 12,000") == 3
    assert "paid so far" in page
    assert texts_to(parts, ACHOL)[-1][0] == "plan_agreed"
    assert "agreed already" in mary.refused(mary.post(path, parts="2", key=mary.key(later(provider))))
    assert count(parts, "payment_plan") == count(parts, "audit_entry", "act = 'plan_agreed'") == 1


def test_who_owes_nothing_promises_nothing(mary, provider, parts):
    before = snapshot(parts)
    assert "This customer owes nothing now." in mary.get(later(provider)).text
    path = f"/customers/{provider.town.achol.number}/promise"
    assert "This customer owes nothing now." in mary.refused(mary.post(path, until="2026-11-05"))
    for typed in ("", "tomorrow", "2026-13-01", "٢٠٢٦-١١-٣١", "\x00"):
        assert mary.post(path, until=typed).status_code == 422, typed
    assert snapshot(parts) == before


def test_tax_details_and_exemptions_stand_on_the_next_invoice(mary, provider, parts):
    number = provider.town.achol.number
    form = {"tin": "123-345-678", "address": "Hai Malakal, Juba"}
    assert mary.post(f"/customers/{number}/tax-details", **form).status_code == 303
    assert "123-345-678" in mary.get(f"/customers/{number}/change").text
    assert mary.post(f"/customers/{number}/tax-details", tin="\u202e1", address="").status_code == 422
    path = f"/customers/{number}/exemptions"
    paper = {"tax": "EXCISE", "certificate": "SSRA 7/2026", "valid_from": "2026-11-01", "last": "2026-12-31"}
    assert mary.refused(mary.post(path, **(paper | {"last": ""}))) == (
        "A first day is needed, and a last one after it."
    )
    assert mary.refused(mary.post(path, **(paper | {"certificate": ""}))) == "Write the reason."
    assert "show the tax and do not charge it" in mary.told(mary.post(path, **paper))
    assert "Another one holds" in mary.refused(mary.post(path, **paper))
    assert "SSRA 7/2026" in mary.get(path).text
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    (invoice,) = provider.rows("SELECT buyer, total_minor FROM invoice")
    assert invoice.buyer["tin"] == "123-345-678"
    assert invoice.total_minor == Money.of(30_000, "SSP").minor
    assert provider.rows("SELECT valid_until FROM tax_exemption")[0].valid_until == date(2027, 1, 1)
    assert "Exempt from tax" in mary.get(f"/customers/{number}").text


def test_an_exemption_ends_early_and_one_to_come_falls_away(mary, provider):
    number = provider.town.achol.number
    path = f"/customers/{number}/exemptions"
    for first, last in (("2026-11-01", "2026-12-31"), ("2027-02-01", "2027-03-31")):
        paper = {"tax": "EXCISE", "certificate": f"SSRA {first}", "valid_from": first, "last": last}
        assert mary.post(path, **paper).status_code == 303
    provider.begins("HOME")
    provider.on("2026-11-20")
    later, now = provider.rows("SELECT id FROM tax_exemption ORDER BY valid_from DESC")
    for paper in (later, now):
        assert "has ended" in mary.told(mary.post(f"{path}/{paper.id}/end"))
    assert provider.rows("SELECT valid_until FROM tax_exemption") == [(date(2026, 11, 20),)]
    assert mary.post(f"{path}/{now.id}/end").status_code == 422
    assert mary.post(f"/customers/{provider.town.deng.number}/exemptions/{now.id}/end").status_code in (404, 422)
    provider.on("2026-12-01")
    provider.bills()
    assert provider.invoices()[0].total == 36_000


def test_the_timeline_tells_of_services_documents_and_adjustments(mary, desk_of, provider, invoice):
    asks(mary, provider, "goodwill", "1500")
    path = f"/customers/{provider.town.achol.number}"
    page = desk_of("rose").get(path).text
    for told in ("Begun", "ordered at the counter", invoice.number, "SSP 36,000", "Goodwill credit", "SSP 1,500"):
        assert told in page, told
    page = desk_of("gatluak").get(path).text
    assert "Begun" in page
    for told in ("ordered at the counter", "installed</bdi>", invoice.number, "Goodwill credit", "SSP"):
        assert told not in page, told
