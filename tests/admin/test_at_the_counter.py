"""Finding a customer, taking cash, changing what we know."""

import re

import pytest
from sqlalchemy import text

from core.customers.change import set_status
from core.money import Money
from core.payments.open_intent import open_intent
from core.payments.settle import settle
from tests.town import ACHOL, KIDEN, count, everything_agrees, snapshot, texts_to

AUDIT = ("audit_entry",)


def receipt_of(answer) -> str:
    return answer.location.rsplit("/", 1)[1]


@pytest.mark.parametrize("words", ["achol", "0921 234 567", "+211921234567", "٠٩٢١٢٣٤٥٦٧", "921234"])
def test_achol_is_found_by_name_and_phone(mary, town, words):
    answer = mary.get("/search", query_string={"q": words})
    assert answer.location == f"/admin/customers/{town.achol.number}"


def test_a_customer_is_found_by_account_number_and_by_receipt(mary, town):
    assert mary.get(f"/search?q={town.achol.number}").location.endswith(town.achol.number)
    key = mary.cash_key(town.achol.number)
    receipt = receipt_of(mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key))
    page = mary.get(f"/search?q={receipt}", follow_redirects=True)
    assert "Achol" in page.text
    assert receipt in page.text


@pytest.mark.parametrize("as_said", ["#{}", "Receipt {}", "receipt no. {}:", "{}.", "({})", "إيصال {}؟"])
def test_a_receipt_is_found_however_its_number_is_read_out(mary, town, as_said):
    key = mary.cash_key(town.achol.number)
    receipt = receipt_of(mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key))
    for number in (
        receipt,
        f"{receipt[:3]} {receipt[3:]}",
        receipt.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    ):
        answer = mary.get("/search", query_string={"q": as_said.format(number)})
        assert answer.location == f"/admin/receipts/{receipt}", number


def by_momo(parts, town, theirs: str) -> str:
    """A payment MTN confirmed under a number of its own; the number of our receipt."""
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        opened = open_intent(
            tx,
            request_key="k",
            customer=town.achol,
            payer_phone=ACHOL,
            amount=Money.of(500, "SSP"),
            purpose="topup",
            purpose_body={},
            platform="p",
            now=now,
            ids=parts.ids,
        )
        settle(tx, intent_id=opened.intent_id, provider_reference=theirs, now=now, why={}, fulfil={})
        return str(tx.execute(text("SELECT number FROM receipt")).scalar_one())


def test_a_payment_by_momo_is_found_by_the_number_mtn_texted_and_shows_it(mary, desk_of, parts, town):
    receipt = by_momo(parts, town, "23503452987")
    for said in ("23503452987", "MTN 23503452987.", "٢٣٥٠٣٤٥٢٩٨٧"):
        page = mary.get("/search", query_string={"q": said}, follow_redirects=True)
        assert f'Receipt <bdi dir="ltr">{receipt}' in page.text, said
        assert "23503452987" in page.text
    assert "Nobody found" in desk_of("gatluak").get("/search?q=23503452987").text


def test_the_key_of_a_cash_form_finds_nothing(mary, town):
    key = mary.cash_key(town.achol.number)
    receipt = receipt_of(mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key))
    assert "Nobody found" in mary.get("/search", query_string={"q": key}).text
    assert key not in mary.get(f"/receipts/{receipt}").text


def test_nobody_is_found_without_a_fault(mary):
    for words in ("kiden", "%", "_", "\\", "'; --", "\x00", "😀", "9" * 200, "<script>"):
        answer = mary.get("/search", query_string={"q": words})
        assert answer.status_code in (200, 302), words
        assert "<script>" not in answer.text.replace("<script src", "")
    assert "Nobody found" in mary.get("/search?q=kiden").text


def test_a_list_is_shown_when_several_fit(mary, parts, town):
    from core.customers.register import register

    with parts.db.transaction() as tx:
        register(
            tx,
            phone="+211922000001",
            language="ar",
            script=None,
            through="ussd",
            now=parts.clock.now(),
            name="Achol Garang",
        )
    page = mary.get("/search?q=achol").text
    assert "Achol Garang" in page
    assert f"/admin/customers/{town.achol.number}/cash" in page


def test_cash_gives_a_receipt_a_text_and_a_balance(mary, town, parts, bells):
    form = mary.get(f"/customers/{town.achol.number}/cash")
    assert form.status_code == 200
    key = mary.cash_key(town.achol.number)
    answer = mary.post(f"/customers/{town.achol.number}/cash", amount="1,500", key=key)
    assert answer.status_code == 303
    receipt = mary.client.get(answer.location).text
    assert "The cash is taken." in receipt
    assert "SSP 1,500" in receipt
    assert "Mary" in receipt
    assert receipt_of(answer) in texts_to(parts, ACHOL)[-1][1]
    assert "sms" in bells
    assert town.balance(town.achol) == Money.of(1500, "SSP")
    page = mary.get(f"/customers/{town.achol.number}").text
    assert re.search(r'You have</span><b><bdi dir="ltr">SSP 1,500', page)
    assert receipt_of(answer) in page
    assert count(parts, "audit_entry", "act = 'cash_taken'") == 1
    everything_agrees(parts)


def test_the_same_form_twice_gives_one_receipt(mary, town, parts):
    key = mary.cash_key(town.achol.number)
    first = mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key)
    second = mary.post(f"/customers/{town.achol.number}/cash", amount="٥٠٠", key=key)
    assert receipt_of(first) == receipt_of(second)
    assert "taken once" in mary.client.get(second.location).text
    assert town.balance(town.achol) == Money.of(500, "SSP")
    assert count(parts, "receipt") == count(parts, "audit_entry", "act = 'cash_taken'") == 1
    assert len(texts_to(parts, ACHOL)) == 1


def test_the_same_form_with_another_amount_or_customer_is_refused(mary, town):
    key = mary.cash_key(town.achol.number)
    mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key)
    other_amount = mary.post(f"/customers/{town.achol.number}/cash", amount="5000", key=key)
    other_customer = mary.post(f"/customers/{town.deng.number}/cash", amount="500", key=key)
    assert other_amount.status_code == other_customer.status_code == 409
    assert town.balance(town.achol) == Money.of(500, "SSP")
    assert town.balance(town.deng) == Money.of(0, "SSP")


@pytest.mark.parametrize(
    "typed", ["0", "-5", "1e99", "5.000", "", "   ", "500 USD", "1" * 30, "٠", "5,00", "\x00", "NaN", "99999999999"]
)
def test_an_amount_that_is_none_gets_one_sentence_and_changes_nothing(mary, town, parts, typed):
    key = mary.cash_key(town.achol.number)
    before = snapshot(parts)
    answer = mary.post(f"/customers/{town.achol.number}/cash", amount=typed, key=key)
    assert answer.status_code == 422
    sentence = re.search(r'role="alert" id="refusal">([^<]+)', answer.text)[1]
    assert sentence in (
        "Write the amount in pounds with digits only, like 5000.",
        "The amount must be from SSP 1 to SSP 10,000,000.",
    )
    assert snapshot(parts) == before


def closed(parts, town) -> None:
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.achol.customer_id, status="closed")


def test_no_cash_is_taken_for_a_closed_account(mary, town, parts):
    path = f"/customers/{town.achol.number}/cash"
    assert f"/admin{path}" in mary.get(f"/customers/{town.achol.number}").text
    key = mary.cash_key(town.achol.number)
    closed(parts, town)
    before = snapshot(parts)
    answer = mary.post(path, amount="500", key=key)
    assert answer.status_code == 422
    assert "is closed. No cash can be taken for it." in answer.text
    assert snapshot(parts) == before
    form = mary.get(path).text
    assert "is closed. No cash can be taken for it." in form
    assert 'name="amount"' not in form
    assert f"/admin{path}" not in mary.get(f"/customers/{town.achol.number}").text


def test_cash_taken_before_the_account_was_closed_keeps_its_receipt(mary, town, parts):
    key = mary.cash_key(town.achol.number)
    first = mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key)
    closed(parts, town)
    again = mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key)
    assert receipt_of(again) == receipt_of(first)


def test_arabic_digits_are_digits(mary, town):
    key = mary.cash_key(town.achol.number)
    assert mary.post(f"/customers/{town.achol.number}/cash", amount="٥٠٠", key=key).status_code == 303
    assert town.balance(town.achol) == Money.of(500, "SSP")


@pytest.mark.parametrize("key", ["", "again", "1", "\x00", "5f0f0000-0000-4000-8000-0000000000000"])
def test_a_form_with_a_key_we_did_not_make_takes_nothing(mary, town, parts, key):
    before = snapshot(parts)
    answer = mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key)
    assert answer.status_code == 422
    assert snapshot(parts) == before


def test_a_customer_is_registered_once_per_phone(mary, parts):
    first = mary.post("/register", phone="0929 999 999", name="نيادينق", tongue="ar", kind="person")
    page = mary.client.get(first.location)
    assert "Registered under account" in page.text
    assert "نيادينق" in page.text
    again = mary.post("/register", phone="+211929999999", name="Other", tongue="en", kind="person")
    assert again.location == first.location
    assert "registered already" in mary.client.get(again.location).text
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 1
    assert count(parts, "audit_entry", "act = 'customer_registered'") == 1


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("12", "That is not a phone number."),
        ("+254722000000", "Only South Sudan numbers"),
        ("😀", "That is not a phone number."),
        ("", "That is not a phone number."),
        ("\x00", "That is not a phone number."),
        ("9" * 300, "That is not a phone number."),
    ],
)
def test_a_phone_that_is_none_registers_nobody(mary, parts, phone, sentence):
    before = snapshot(parts)
    answer = mary.post("/register", phone=phone, name="Kiden", tongue="en", kind="person")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert snapshot(parts) == before


def test_a_name_that_is_none_registers_nobody(mary, parts):
    before = snapshot(parts)
    assert mary.post("/register", phone="0929999999", name="<b>", tongue="en", kind="person").status_code == 422
    assert snapshot(parts) == before


def test_a_phone_is_added_and_one_of_another_account_is_not(mary, town, parts):
    path = f"/customers/{town.achol.number}/phones"
    assert mary.post(path, phone="0929999999").status_code == 303
    assert "0929 999 999" in mary.get(f"/customers/{town.achol.number}").text
    taken = mary.post(path, phone=town.deng.main_phone)
    assert taken.status_code == 422
    assert "belongs to another account" in taken.text
    assert mary.get("/search?q=0929999999").location.endswith(town.achol.number)
    with parts.db.reading() as connection:
        row = connection.execute(
            text("SELECT staff_id, subject, detail FROM audit_entry WHERE act = 'customer_changed'")
        ).one()
    assert row == (town.staff["mary"], f"customer:{town.achol.number}", {"phone": KIDEN})


def test_an_account_is_suspended_and_made_active_again(mary, town, parts):
    path = f"/customers/{town.achol.number}/status"
    assert mary.post(path, status="suspended").status_code == 303
    page = mary.get(f"/customers/{town.achol.number}").text
    assert "Account suspended" in page
    assert count(parts, "customer", "status = 'suspended'") == 1
    assert mary.post(path, status="active").status_code == 303
    assert count(parts, "customer", "status = 'suspended'") == 0
    assert mary.post(path, status="closed").status_code == 422
    assert mary.post(path, status="").status_code == 422


def test_a_name_and_language_are_changed(mary, town, parts):
    path = f"/customers/{town.achol.number}/change"
    assert mary.post(path, name="Achol Deng", tongue="ar-latin").status_code == 303
    page = mary.get(f"/customers/{town.achol.number}").text
    assert "Achol Deng" in page
    assert "Details changed" in page
    assert count(parts, "customer", "name = 'Achol Deng' AND language = 'ar' AND script = 'latin'") == 1
    assert mary.post(path, name="!", tongue="en").status_code == 422


@pytest.mark.parametrize("number", ["1", "99999999999999999999999", "abc", "١٢٣", "10%00"])
def test_there_is_no_such_customer_or_receipt(mary, number):
    for path in (f"/customers/{number}", f"/customers/{number}/cash", f"/receipts/{number}"):
        answer = mary.get(path)
        assert answer.status_code == 404, path
        assert "We could not find that." in answer.text


def test_a_body_too_large_is_refused(mary, town):
    answer = mary.client.post(f"/admin/customers/{town.achol.number}/cash", data={"amount": "5" * 1_000_000})
    assert answer.status_code == 413
    assert "too much" in answer.text
