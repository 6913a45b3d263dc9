"""Receipts taken back: with a reason and a second person, and whatever the money had paid is due again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.money_came import money_came
from core.billing.take_back import take_back
from core.cash.ask_void import ask_void
from core.cash.check_receipt import check_receipt
from core.cash.void_views import count_waiting_voids, decided_voids, void, waiting_voids
from core.crm.find import receipt as receipt_copy
from core.documents.read import document, paid_receipt
from core.documents.statement import statement
from core.errors import (
    DrawerShort,
    MoneySpent,
    NotAllowed,
    NotFound,
    NotPossibleNow,
    ReasonMissing,
    SecondPersonNeeded,
)
from core.ledger.accounts import open_account
from core.ledger.close_month import close_month
from core.ledger.post import Posting, post
from core.payments.resend_receipt import resend_receipt
from core.payments.text_receipts import last_receipts
from tests.core.billing.owing import duns, owes
from tests.core.cash.tills import Tills, ssp
from tests.provider import Provider
from tests.town import ACHOL, count, snapshot, texts_to


def test_a_receipt_taken_back_is_out_of_the_books_and_the_customer_hears_of_it(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 15_000)
    wish = tills.asks_back("rose", receipt, "typed a nought too many")
    assert tills.town.balance(tills.town.achol) == ssp(15_000)
    assert tills.decides("mary", wish) == "done"
    assert tills.town.balance(tills.town.achol) == ssp(0)
    assert tills.holds("counter") == ssp(0)
    row = tills.one("SELECT v.*, e.reverses_id, r.entry_id AS first FROM receipt_void v JOIN receipt r ON true"
                    " JOIN ledger_entry e ON e.id = v.entry_id")  # fmt: skip
    assert row.reverses_id == row.first
    template, words = texts_to(tills.parts, ACHOL)[-1]
    assert template == "cash_taken_back"
    assert receipt in words
    assert "SSP 15,000" in words
    assert "Balance SSP 0" in words
    tills.takes("rose", 1_500)  # what was meant
    tills.agrees()


def test_a_taken_back_receipt_says_so_wherever_it_is_seen(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 700)
    good = tills.takes("rose", 300)
    with tills.parts.db.reading() as connection:
        code = receipt_copy(connection, receipt).check_code
        assert code is not None
        seen = check_receipt(connection, code)
        assert seen is not None
        assert (seen.state, seen.amount, seen.number, seen.at) == ("good", ssp(700), "COUNTER-000001", tills.now)
        assert check_receipt(connection, "000000000") is None
    wish = tills.asks_back("rose", receipt)
    with tills.parts.db.reading() as connection:
        assert receipt_copy(connection, receipt).void == "waiting"
        assert not paid_receipt(connection, receipt).voided
    tills.decides("mary", wish)
    with tills.parts.db.reading() as connection:
        seen = check_receipt(connection, code)
        assert seen is not None
        assert seen.state == "voided"
        copy, printed = receipt_copy(connection, receipt), paid_receipt(connection, receipt)
        assert (copy.void, copy.drawer_number) == ("done", "COUNTER-000001")
        assert (printed.voided, printed.drawer_number, printed.check_code) == (True, "COUNTER-000001", code)
        assert receipt_copy(connection, good).void is None
        assert [one.number for one in last_receipts(connection, tills.town.achol.customer_id)] == [good]
        day = date(2026, 11, 23)
        told = [one.words("en") for one in statement(connection, tills.town.achol.customer_id, day, day).movements]
    assert told == [
        f"Receipt {receipt}, taken back since",
        f"Cash, receipt {good}",
        f"Receipt {receipt} taken back",
    ]


def test_a_taken_back_receipt_sent_again_tells_just_that(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 700)
    tills.decides("mary", tills.asks_back("rose", receipt))
    tills.does(resend_receipt, number=receipt, request_key="again", now=tills.now, code="*384*77#")
    assert texts_to(tills.parts, ACHOL)[-1][0] == "receipt_voided"


def test_it_takes_a_reason_and_a_second_person_who_may(tills: Tills) -> None:
    tills.opens("mary")
    receipt = tills.takes("mary", 100)
    for blank in ("", "  "):
        with pytest.raises(ReasonMissing):
            tills.asks_back("mary", receipt, blank)
    with pytest.raises(NotFound):
        tills.asks_back("mary", "123")
    wish = tills.asks_back("mary", receipt)
    before = snapshot(tills.parts)
    with pytest.raises(SecondPersonNeeded):
        tills.decides("mary", wish)
    for who in ("rose", "gatluak"):
        for approve in (True, False):
            with pytest.raises(NotAllowed):
                tills.decides(who, wish, approve=approve)
    with pytest.raises(NotFound):
        tills.decides("mary", 999)
    assert snapshot(tills.parts) == before


def test_a_wish_is_refused_or_withdrawn_and_may_be_asked_again(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 100)
    assert tills.decides("mary", tills.asks_back("rose", receipt), approve=False) == "refused"
    assert tills.decides("rose", tills.asks_back("rose", receipt), approve=False) == "refused"  # withdrawn
    third = tills.asks_back("rose", receipt)
    assert tills.asks_back("rose", receipt) == third  # the same form sent twice
    with pytest.raises(NotPossibleNow):
        tills.asks_back("lado", receipt)
    tills.decides("mary", third)
    for deed in (lambda: tills.decides("mary", third), lambda: tills.asks_back("rose", receipt)):
        with pytest.raises(NotPossibleNow):
            deed()
    with tills.parts.db.reading() as connection:
        assert waiting_voids(connection) == []
        assert count_waiting_voids(connection) == 0
        assert [one.state for one in decided_voids(connection)] == ["done", "refused", "refused"]
        one = void(connection, third)
        assert (one.asker, one.decider, one.taker, one.receipt) == ("Rose", "Mary", "Rose", receipt)
        with pytest.raises(NotFound):
            void(connection, 999)
    assert [template for template, _ in texts_to(tills.parts, ACHOL)].count("cash_taken_back") == 1
    tills.agrees()


def test_notes_that_went_on_are_brought_back_first(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 500)
    tills.moves("rose", "counter", "safe", 400)
    wish = tills.asks_back("rose", receipt)
    with pytest.raises(DrawerShort) as short:
        tills.decides("mary", wish)
    assert short.value.holds == ssp(100)
    tills.moves("mary", "safe", "counter", 400)
    assert tills.decides("mary", wish) == "done"
    tills.agrees()


def test_a_receipt_of_a_closed_shift_in_a_closed_month_is_taken_back_today(tills: Tills, clock, town) -> None:
    shift = tills.opens("rose")
    receipt = tills.takes("rose", 500)
    tills.closes("rose", shift, 500)
    clock.advance(days=10)
    tills.does(close_month, month=date(2026, 11, 1), staff_id=town.staff["mary"], now=tills.now)
    tills.decides("mary", tills.asks_back("rose", receipt))
    entry = tills.one("SELECT e.occurred_at FROM ledger_entry e JOIN receipt_void v ON v.entry_id = e.id")
    assert entry.occurred_at == tills.now
    tills.agrees()


def test_money_spent_on_what_is_gone_is_not_taken_back(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 1_000)

    def spend(tx) -> None:
        wallet, sales = tills.town.achol.wallet_id, open_account(tx, "sales:other", "SSP")
        post(tx, key="spent", kind="sale", occurred_at=tills.now, now=tills.now,
             postings=[Posting(wallet, sales, ssp(300))], memo={})  # fmt: skip

    tills.parts.db.run(spend)
    wish = tills.asks_back("rose", receipt)
    before = snapshot(tills.parts)
    with pytest.raises(MoneySpent) as spent:
        tills.decides("mary", wish)
    assert spent.value.missing == ssp(300)
    assert snapshot(tills.parts) == before


def bill(provider: Provider) -> object:
    (one,) = [row for row in provider.invoices() if row.kind == "invoice"]
    return one


def test_what_the_money_had_settled_is_due_again_and_the_invoice_tells_so(tills: Tills, provider: Provider) -> None:
    owes(provider)
    provider.pays(40_000)
    receipt = tills.one("SELECT number FROM receipt").number
    assert bill(provider).due == 0
    tills.decides("mary", tills.asks_back("rose", receipt))
    assert bill(provider).due == 36_000
    assert provider.balance() == ssp(0)
    rows = tills.rows("SELECT kind, amount_minor, undoes_id FROM allocation ORDER BY id")
    assert [(row.kind, row.amount_minor) for row in rows] == [("payment", 3_600_000), ("taken_back", -3_600_000)]
    with tills.parts.db.reading() as connection:
        settled = document(connection, bill(provider).number).settled
        told = [one.words("en") for one in statement(
            connection, tills.town.achol.customer_id, date(2026, 12, 1), date(2026, 12, 1)).movements]  # fmt: skip
    assert [one.kind for one in settled] == ["payment", "taken_back"]
    assert any("36,000 for" in one and "taken back" in one for one in told)
    provider.pays(36_000)
    assert bill(provider).due == 0
    provider.agrees()


def test_only_what_the_balance_lacks_is_taken_back_the_last_paid_first(tills: Tills, provider: Provider) -> None:
    owes(provider)
    provider.pays(10_000)
    provider.pays(30_000)
    assert provider.balance() == ssp(4_000)
    second = tills.one("SELECT number FROM receipt ORDER BY id DESC LIMIT 1").number
    tills.decides("mary", tills.asks_back("rose", second))
    assert bill(provider).due == 26_000
    assert provider.balance() == ssp(0)
    first = tills.one("SELECT number FROM receipt ORDER BY id LIMIT 1").number
    tills.decides("mary", tills.asks_back("rose", first))
    assert bill(provider).due == 36_000
    provider.agrees()


def test_taking_back_with_one_key_is_once(tills: Tills, provider: Provider) -> None:
    owes(provider)
    provider.pays(36_000)
    who = provider.town.achol.customer_id
    for _again in range(2):
        provider.parts.db.run(lambda tx: take_back(tx, who, ssp(6_000), "a key", tills.now))
    assert bill(provider).due == 6_000
    provider.parts.db.run(lambda tx: take_back(tx, who, ssp(90_000), "another", tills.now))
    assert bill(provider).due == 36_000
    assert provider.balance() == ssp(36_000)
    provider.agrees()


def test_a_service_put_on_by_money_that_was_taken_back_is_cut_off_again(tills: Tills, provider: Provider) -> None:
    service = owes(provider)
    for day in ("2026-12-16", "2026-12-21", "2026-12-28", "2026-12-29", "2027-01-05"):
        duns(provider, day)
    assert provider.service(service).state == "suspended"
    provider.on("2027-01-05", 11)
    provider.pays(36_000)
    assert provider.service(service).state == "active"
    receipt = tills.one("SELECT number FROM receipt").number
    tills.decides("mary", tills.asks_back("rose", receipt))
    assert provider.service(service).state == "active"
    duns(provider, "2027-01-06")
    assert provider.service(service).state == "suspended"
    provider.bills()
    provider.agrees()


def test_money_that_comes_later_settles_what_was_taken_back(tills: Tills, provider: Provider) -> None:
    owes(provider)
    provider.pays(36_000)
    receipt = tills.one("SELECT number FROM receipt").number
    tills.decides("mary", tills.asks_back("rose", receipt))
    tills.takes("rose", 36_000)
    provider.does(
        money_came, customer_id=provider.town.achol.customer_id, key="x", issuer=provider.issuer, now=tills.now
    )
    assert bill(provider).due == 0


def test_money_that_comes_while_a_receipt_is_taken_back_is_counted_once(tills: Tills, provider: Provider) -> None:
    owes(provider)
    provider.pays(36_000)
    wish = tills.asks_back("rose", tills.one("SELECT number FROM receipt").number)
    together = threading.Barrier(2)

    def decide() -> None:
        together.wait()
        tills.decides("mary", wish)

    def pay() -> None:
        together.wait()
        provider.pays(20_000)

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(decide), pool.submit(pay)]:
            one.result()
    # Whoever was first: what was paid and stands is 20,000 of 36,000.
    assert (bill(provider).due, provider.balance()) == (16_000, ssp(0))
    provider.agrees()


def test_of_two_approvals_at_once_one_takes_it_back(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 500)
    tills.takes("rose", 500)
    wish = tills.asks_back("rose", receipt)

    def decide(_at: int) -> str:
        try:
            return tills.decides("mary", wish)
        except NotPossibleNow:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(decide, range(4))) == ["done", "late", "late", "late"]
    assert tills.holds("counter") == ssp(500)
    assert [template for template, _ in texts_to(tills.parts, ACHOL)].count("cash_taken_back") == 1
    tills.agrees()


def test_two_who_ask_at_once_ask_once(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 500)

    def ask(who: str) -> str:
        try:
            tills.asks_back(who, receipt)
        except NotPossibleNow:
            return "late"
        return "asked"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, ("rose", "lado"))) == ["asked", "late"]
    assert count(tills.parts, "receipt_void") == 1


def test_what_is_being_refunded_is_not_taken_back_and_what_came_otherwise_neither(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 500)
    with tills.parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO payout (reference, request_key, kind, rail, customer_id, receipt_id, amount_minor, currency,"
                " source, state, needs_second, reason, asked_by, asked_at, asks)"
                " SELECT gen_random_uuid(), 'k', 'refund', 'cash', customer_id, id, 100, 'SSP', 'wallet:1', 'waiting',"
                " true, 'x', :staff, now(), 0 FROM receipt"
            ),
            {"staff": tills.town.staff["rose"]},
        )
    with pytest.raises(NotPossibleNow) as refused:
        tills.asks_back("rose", receipt)
    assert refused.value.state == "refunded"


@pytest.mark.parametrize(
    "around",
    [
        "UPDATE receipt_void SET state = 'waiting', decided_at = NULL, entry_id = NULL WHERE state = 'done'",
        "UPDATE receipt_void SET reason = 'another' WHERE state = 'waiting'",
        "DELETE FROM receipt_void",
        (
            "UPDATE receipt_void SET state = 'done', decided_by = asked_by, decided_at = now(), entry_id = 1"
            " WHERE state = 'waiting'"
        ),
        "UPDATE receipt_void SET state = 'done', decided_at = now() WHERE state = 'waiting'",
        (
            "INSERT INTO receipt_void (receipt_id, reason, state, asked_by, asked_at)"
            " SELECT receipt_id, 'again', 'waiting', asked_by, now() FROM receipt_void WHERE state = 'done'"
        ),
        (
            "INSERT INTO receipt_void (receipt_id, reason, state, asked_by, asked_at)"
            " SELECT max(id), ' ', 'waiting', max(staff_id), now() FROM receipt"
        ),
        (
            "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at, undoes_id)"
            " SELECT invoice_id, 'taken_back', -1, 1, now(), undoes_id FROM allocation WHERE kind = 'taken_back'"
        ),
        (
            "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at)"
            " SELECT invoice_id, 'payment', -1, 1, now() FROM allocation WHERE kind = 'taken_back'"
        ),
        (
            "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at, undoes_id)"
            " SELECT invoice_id, 'taken_back', -1, 1, now(), id FROM allocation WHERE kind = 'taken_back'"
        ),
    ],
)
def test_the_database_refuses_what_no_second_person_would(tills: Tills, provider: Provider, around: str) -> None:
    owes(provider)
    provider.pays(36_000)
    tills.decides("mary", tills.asks_back("rose", tills.one("SELECT number FROM receipt").number))
    tills.asks_back("rose", tills.takes("rose", 100))
    tills.takes("rose", 100)
    with pytest.raises(DBAPIError), tills.parts.db.transaction() as tx:
        tx.execute(text(around))
    tills.agrees()


def test_an_unknown_receipt_is_not_taken_back(tills: Tills) -> None:
    with pytest.raises(NotFound):
        tills.does(ask_void, receipt_number="77", reason="x", staff_id=tills.town.staff["rose"], now=tills.now)
