"""Staff at a desk, through the web: find, take cash, see what is stuck, push it."""

from __future__ import annotations

import re

import pytest
import requests

from tests.end_to_end.waiting import await_until


class Desk:
    """A browser at the staff's door."""

    def __init__(self, house):
        self.house = house
        self.browser = requests.Session()

    def get(self, path):
        return self.browser.get(f"{self.house.web}/admin{path}", timeout=20)

    def post(self, path, page, **form):
        """Send a form of a page, with that page's token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        return self.browser.post(f"{self.house.web}/admin{path}", data={"csrf_token": token} | form, timeout=20)

    def log_in(self, username, password):
        return self.post("/log-in", self.get("/log-in"), username=username, password=password)


@pytest.fixture
def desk(house):
    desk = Desk(house)
    yield desk
    desk.browser.close()


@pytest.fixture
def mary(house, desk):
    """Mary's desk."""
    password = next(row["password"] for row in house.demo["staff"] if row["username"] == "mary")
    assert desk.log_in("mary", password).url == f"{house.web}/admin/"
    return desk


def test_kiden_is_not_let_in_and_no_form_is_taken_without_its_token(house, desk):
    assert desk.get("/stuck").url.startswith(f"{house.web}/admin/log-in")
    assert desk.log_in("kiden", "let me in please").status_code == 401
    assert desk.browser.post(f"{house.web}/admin/log-in", data={"username": "mary"}, timeout=20).status_code == 400


def test_mary_finds_a_customer_by_phone_and_takes_cash_for_a_receipt_and_a_text(house, mary, achol):
    achol.dial()
    achol.press("1")
    page = mary.get(f"/search?q=0{achol.number[4:]}")
    number = re.search(r"/admin/customers/(\d+)$", page.url)[1]
    form = mary.get(f"/customers/{number}/cash")
    key = re.search(r'name="key" value="([^"]+)"', form.text)[1]
    taken = mary.post(f"/customers/{number}/cash", form, key=key, amount="700")
    receipt = re.search(r"/admin/receipts/(\d+)$", taken.url)[1]
    assert receipt in taken.text
    assert mary.post(f"/customers/{number}/cash", form, key=key, amount="700").url == taken.url  # the button, twice
    assert achol.hears("in cash") == f"Received SSP 700 in cash. Receipt {receipt}. Balance SSP 700. Thank you."
    assert receipt in mary.get(f"/customers/{number}").text
    assert mary.get(f"/search?q={receipt}").url == taken.url
    assert house.rows(
        "SELECT count(*) FROM receipt r JOIN customer c ON c.id = r.customer_id WHERE c.number = %s", number
    ) == [(1,)]
    house.is_clean()


@pytest.mark.parametrize(("fault", "tag"), [("recipient-403", "given up"), (500, "late")])
def test_a_text_that_sticks_is_seen_and_pushed(house, mary, achol, fault, tag):
    achol.text("JOIN")
    achol.hears("2. Buy Wi-Fi")
    house.town("faults", {"error": fault})
    achol.text("BALANCE")
    tried = """SELECT o.id FROM outbox o JOIN text_message m ON m.id = (o.body->>'message')::bigint
               WHERE o.kind = 'sms' AND m.phone = %s AND o.state <> 'sent' AND o.last_error IS NOT NULL"""
    ((row,),) = await_until(lambda: house.rows(tried, achol.number), what="a failed try")
    house.skip(301)
    page = await_until(lambda: (page := mary.get("/stuck")) and f"/stuck/{row}/push" in page.text and page)
    (entry,) = [entry for entry in page.text.split("<li>") if f"/stuck/{row}/push" in entry]
    assert tag in entry
    assert "Balance SSP 0." in entry
    house.town("faults", {})
    await_until(lambda: _pushed(house, mary, page, row), what="the push")
    achol.hears("Balance SSP 0.")
    assert f"/stuck/{row}/push" not in mary.get("/stuck").text


def _pushed(house, mary, page, row):
    """Pressed again while a worker is just trying it: then it is told so, and not sent twice."""
    mary.post(f"/stuck/{row}/push", page)
    return house.rows("SELECT 1 FROM outbox WHERE id = %s AND state = 'sent'", row)
