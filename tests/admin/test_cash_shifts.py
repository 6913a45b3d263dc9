"""Drawers, shifts and receipts taken back, at the desk."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from core.money import Money
from tests.town import count, everything_agrees


def drawer_id(parts, code):
    with parts.db.reading() as connection:
        return connection.execute(text("SELECT id FROM cash_drawer WHERE code = :code"), {"code": code}).scalar_one()


@pytest.fixture
def bank(parts, app):
    with parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO money_account (code, kind, name, ledger_code, currency, mapping, opened_at)"
                " VALUES ('equity', 'bank', 'Equity', 'bank:equity', 'SSP', '{}', now())"
            )
        )


def opens(desk, parts, code="counter", **form):
    values = {"drawer": drawer_id(parts, code), "safe": drawer_id(parts, "safe"), "counted": "0"} | form
    return desk.post("/cash/open", key=desk.key("/cash"), **values)


def takes(desk, town, pounds):
    number = town.achol.number
    answer = desk.post(f"/customers/{number}/cash", key=desk.cash_key(number), amount=str(pounds))
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[1]


def test_a_day_of_rose_from_the_float_to_the_count(desk_of, town, parts, bank):
    rose, mary = desk_of("rose"), desk_of("mary")
    assert "Mary" not in rose.get("/cash").text
    assert "brought from the bank" not in rose.get("/cash").text
    told = mary.told(
        mary.post(
            "/cash/with-bank", key=mary.key("/cash/drawers"), way="from", bank="equity", drawer=drawer_id(parts, "safe"), amount="20000"
        )
    )  # fmt: skip
    assert told == "SSP 20,000 came from the bank."
    told = rose.told(opens(rose, parts, brought="5000", counted="", notes_1000="4", notes_500="2"))
    assert told == "The shift is open. It began with SSP 5,000."
    receipt = takes(rose, town, 1_500)
    page = rose.get("/cash").text
    assert "SSP 6,500" in page
    assert "COUNTER-000001" in page
    told = rose.told(
        rose.post("/cash/hand-over", key=rose.key("/cash"), drawer=drawer_id(parts, "safe"), amount="1000")
    )
    assert told == "SSP 1,000 is handed over."
    told = rose.told(rose.post("/cash/bank", key=rose.key("/cash"), bank="equity", amount="2000", slip="0017"))
    assert told == "SSP 2,000 is on its way to the bank."
    shift = re.search(r'name="shift" value="(\d+)"', rose.get("/cash").text)[1]
    said = rose.refused(rose.post("/cash/close", shift=shift, counted="3000"))
    assert said == "The books say SSP 3,500, counted was SSP 3,000. Count again, or write the reason."
    said = rose.refused(rose.post("/cash/close", shift=shift, counted="3000", notes_1000="2", why="x"))
    assert said == "The notes and the sum you wrote differ. Count again."
    told = rose.told(rose.post("/cash/close", shift=shift, counted="3000", why="a note was torn"))
    assert told == "The shift is closed. SSP 500 too little."
    page = mary.get("/cash/shifts").text
    assert "a note was torn" in page
    assert "Rose" in page
    assert "SSP 500</bdi> too little" in page
    assert receipt in mary.get(f"/cash/shifts/{shift}").text
    assert count(parts, "audit_entry", "act IN ('shift_opened', 'shift_closed', 'cash_moved', 'cash_banked')") == 4
    everything_agrees(parts)


def test_a_form_of_the_drawer_sent_twice_moves_its_notes_once(desk_of, town, parts):
    rose = desk_of("rose")
    opens(rose, parts)
    takes(rose, town, 1_000)
    key = rose.key("/cash")
    for _twice in range(2):
        assert rose.post("/cash/hand-over", key=key, drawer=drawer_id(parts, "safe"), amount="400").status_code == 303
    assert count(parts, "cash_move") == count(parts, "audit_entry", "act = 'cash_moved'") == 1
    said = rose.refused(rose.post("/cash/hand-over", key=key, drawer=drawer_id(parts, "safe"), amount="401"), 409)
    assert said == "This was already done in another way. Please start again."


def test_a_cashier_who_never_opened_a_shift_takes_cash_as_before(desk_of, town, parts):
    rose = desk_of("rose")
    assert "You have no shift open." in rose.get("/cash").text
    takes(rose, town, 300)
    page = rose.get("/cash").text
    assert f"STAFF-{town.staff['rose']}-000001" in page
    assert "SSP 300" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"counted": "5"}, "The books say SSP 0, counted was SSP 5. Count again, or write the reason."),
        ({"counted": ""}, "Write the amount in pounds with digits only, like 5000."),
        ({"counted": "x"}, "Write the amount in pounds with digits only, like 5000."),
        ({"notes_500": "x"}, "Write whole numbers with digits only."),
        ({"drawer": "x"}, "Write whole numbers with digits only."),
        ({"brought": "10"}, "The drawer The safe holds SSP 0 only. Nothing was done."),
    ],
)
def test_what_cannot_be_counted_is_said_in_words_and_opens_nothing(desk_of, parts, form, said):
    rose = desk_of("rose")
    assert said in rose.refused(opens(rose, parts, **form))
    assert count(parts, "cash_shift") == count(parts, "cash_move") == 0


def test_a_drawer_somebody_works_at_is_not_offered_and_refused(desk_of, parts):
    rose, mary = desk_of("rose"), desk_of("mary")
    opens(rose, parts)
    assert "No drawer is free." in mary.get("/cash").text
    answer = mary.post("/cash/open", key=str(parts.ids.new_uuid()), drawer=drawer_id(parts, "counter"), counted="0")
    assert mary.refused(answer) == "The drawer The counter is with Rose."
    assert mary.refused(mary.post("/cash/hand-over", key=str(parts.ids.new_uuid()), drawer="1", amount="5")) == (
        "Open a shift first: notes come out of its drawer."
    )


def test_drawers_are_opened_changed_and_closed_by_who_looks_after_them(desk_of, town, parts):
    mary = desk_of("mary")
    told = mary.told(
        mary.post("/cash/drawers", code="Bag", name="Lado's bag", kind="field", holder=town.staff["rose"], limit="5000")
    )
    assert told == "The drawer bag is there."
    page = mary.get("/cash/drawers").text
    assert "may hold" in page
    assert "SSP 5,000" in page
    assert mary.refused(mary.post("/cash/drawers", code="bag", name="x", kind="field")) == "bag is taken already."
    assert "signs it cannot have" in mary.refused(mary.post("/cash/drawers", code="a b", name="x", kind="field"))
    said = mary.refused(mary.post("/cash/drawers", code="two", name="x", kind="field", holder=town.staff["gatluak"]))
    assert said == "Choose who holds it among those who take cash."
    told = mary.told(mary.post("/cash/drawers/bag/change", name="The bag", holder="", limit=""))
    assert told == "The drawer bag is changed."
    assert mary.refused(mary.post("/cash/drawers/bag/change", name="The bag", limit="0")) == (
        "A limit is above nothing. Leave it empty where there is none."
    )
    assert mary.told(mary.post("/cash/drawers/bag/close")) == "The drawer bag is closed."
    assert "The bag" not in mary.get("/cash/drawers").text
    assert mary.post("/cash/drawers/nowhere/close").status_code == 404


def test_a_full_drawer_takes_no_cash_and_says_why(desk_of, town, parts):
    mary, rose = desk_of("mary"), desk_of("rose")
    mary.post("/cash/drawers", code="bag", name="Bag", kind="field", holder=town.staff["rose"], limit="500")
    takes(rose, town, 400)
    number = town.achol.number
    said = rose.refused(rose.post(f"/customers/{number}/cash", key=rose.cash_key(number), amount="101"))
    assert said == "This drawer may hold SSP 500, and holds SSP 400. Hand over or bank money first."
    assert town.balance(town.achol) == Money.of(400, "SSP")


def test_notes_go_between_any_drawers_by_who_looks_after_them(desk_of, town, parts, bank):
    mary, rose = desk_of("mary"), desk_of("rose")
    opens(rose, parts)
    takes(rose, town, 900)
    values = {"from": drawer_id(parts, "counter"), "drawer": drawer_id(parts, "safe")}
    assert mary.told(mary.post("/cash/move", key=mary.key("/cash/drawers"), amount="900", **values)) == (
        "SSP 900 is handed over."
    )
    said = mary.refused(mary.post("/cash/move", key=mary.key("/cash/drawers"), amount="1", **values))
    assert said == "The drawer The counter holds SSP 0 only. Nothing was done."
    values = {"way": "to", "bank": "equity", "drawer": drawer_id(parts, "safe"), "amount": "500"}
    assert mary.refused(mary.post("/cash/with-bank", key=mary.key("/cash/drawers"), **values)) == (
        "Write the number of the bank's slip."
    )
    assert mary.told(mary.post("/cash/with-bank", key=mary.key("/cash/drawers"), slip="7", **values)) == (
        "SSP 500 is on its way to the bank."
    )
    assert rose.post("/cash/move", **values).status_code == 403


def test_somebody_elses_shift_is_closed_from_its_page(desk_of, town, parts):
    mary, rose = desk_of("mary"), desk_of("rose")
    takes(rose, town, 700)
    shift = re.search(r'href="/admin(/cash/shifts/\d+)"', mary.get("/cash/shifts").text)[1]
    assert rose.get(shift).status_code == 403
    assert mary.told(mary.post(f"{shift}/close", notes_500="1", notes_100="2")) == (
        "The shift is closed. The count is right."
    )
    assert "Close with a count" not in mary.get(shift).text
    assert mary.get("/cash/shifts/999").status_code == 404


@pytest.mark.parametrize(
    "query", ["first=x", "first=2026-12-02&last=2026-12-01", "first=1999-01-01", "last=9999-12-31"]
)
def test_days_that_cannot_be_meant_are_refused(desk_of, query):
    answer = desk_of("mary").get(f"/cash/shifts?{query}")
    assert answer.status_code == 422
    assert "not a day that can be meant" in answer.text


def test_a_receipt_is_taken_back_by_two_people(desk_of, town, parts):
    rose, mary = desk_of("rose"), desk_of("mary")
    receipt = takes(rose, town, 15_000)
    page = rose.get(f"/receipts/{receipt}").text
    assert f"STAFF-{town.staff['rose']}-000001" in page
    assert "Code to check it by" in page
    assert rose.refused(rose.post(f"/receipts/{receipt}/void", why="")) == "Write the reason."
    told = rose.told(rose.post(f"/receipts/{receipt}/void", why="a nought too many"))
    assert told == "It waits for a second person. Until then the receipt is good."
    assert "waits for a second person" in rose.get(f"/receipts/{receipt}").text
    assert rose.told(rose.post(f"/receipts/{receipt}/void", why="a nought too many")) == (
        "This form was sent before. Nothing was done twice."
    )
    assert '<b><bdi dir="ltr">1</bdi></b>receipts to be taken back' in mary.get("/").text
    assert "receipts to be taken back" not in rose.get("/").text
    assert "a nought too many" in mary.get("/cash/voids").text
    wish = re.search(r"/cash/voids/(\d+)/decide", mary.get("/cash/voids").text)[1]
    assert rose.post(f"/cash/voids/{wish}/decide", approve="yes").status_code == 403
    told = mary.told(mary.post(f"/cash/voids/{wish}/decide", approve="yes"))
    assert told == f"Receipt {receipt} is taken back. Hand out SSP 15,000 from the drawer it lay in."
    assert mary.refused(mary.post(f"/cash/voids/{wish}/decide", approve="yes")) == (
        "This was decided before: it is taken back."
    )
    page = rose.get(f"/receipts/{receipt}").text
    assert "This receipt is not good any more." in page
    assert f"/receipts/{receipt}/void" not in page
    assert "taken back" in rose.get(f"/customers/{town.achol.number}").text
    assert "taken back" in rose.get("/cash").text
    assert town.balance(town.achol) == Money.of(0, "SSP")
    everything_agrees(parts)


def test_a_receipt_is_found_by_every_number_on_the_paper(desk_of, town, parts):
    rose = desk_of("rose")
    receipt = takes(rose, town, 300)
    with parts.db.reading() as connection:
        code = connection.execute(text("SELECT check_code FROM receipt")).scalar_one()
    for words in (receipt, code, f"STAFF-{town.staff['rose']}-000001", f"receipt staff-{town.staff['rose']}-000001."):
        assert rose.get("/search", query_string={"q": words}).location == f"/admin/receipts/{receipt}", words
    assert f"/receipts/{receipt}" not in rose.get("/search?q=STAFF-1-000009").text


def test_a_wish_is_withdrawn_by_who_had_it_and_by_nobody_else(desk_of, town, parts):
    rose, mary, rebecca = desk_of("rose"), desk_of("mary"), desk_of("rebecca")
    receipt = takes(rose, town, 100)
    mary.post(f"/receipts/{receipt}/void", why="wrong account")
    assert "decide" not in re.findall(r"/cash/voids/\d+/(\w+)", mary.get("/cash/voids").text)
    wish = re.search(r"/cash/voids/(\d+)/withdraw", mary.get("/cash/voids").text)[1]
    assert mary.refused(mary.post(f"/cash/voids/{wish}/decide", approve="yes")) == (
        "Somebody else must decide this: not the one who asked for it."
    )
    assert rose.post(f"/cash/voids/{wish}/withdraw").status_code == 403
    assert mary.told(mary.post(f"/cash/voids/{wish}/withdraw")) == "It is refused. Nothing was moved."
    rose.post(f"/receipts/{receipt}/void", why="again")
    wish = re.search(r"/cash/voids/(\d+)/decide", rebecca.get("/cash/voids").text)[1]
    assert rebecca.told(rebecca.post(f"/cash/voids/{wish}/decide", approve="no")) == "It is refused. Nothing was moved."
    assert town.balance(town.achol) == Money.of(100, "SSP")


def test_a_settled_bill_is_due_again_when_its_cash_is_taken_back(desk_of, provider, parts):
    rose, mary = desk_of("rose"), desk_of("mary")
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    receipt = takes(rose, provider.town, 36_000)
    (bill,) = provider.invoices()
    assert bill.due == 0
    rose.post(f"/receipts/{receipt}/void", why="not hers")
    mary.post("/cash/voids/1/decide", approve="yes")
    (bill,) = provider.invoices()
    assert bill.due == 36_000
    assert "Payment taken back" in rose.get(f"/documents/{bill.number}").text
    provider.agrees()


def test_the_pages_speak_arabic_and_kiden_sees_none(desk_of, kiden, town, parts):
    mary = desk_of("mary")
    receipt = takes(mary, town, 100)
    mary.post("/me/language", language="ar")
    for path in (
        "/cash",
        "/cash/drawers",
        "/cash/shifts",
        "/cash/shifts/1",
        "/cash/voids",
        f"/receipts/{receipt}/void",
    ):
        page = mary.get(path)
        assert page.status_code == 200, path
        assert 'dir="rtl"' in page.text
        assert kiden.get(path).location.startswith("/admin/log-in")
