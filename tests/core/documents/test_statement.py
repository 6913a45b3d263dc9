"""A statement is what the postings say: no more, no less, whatever happened."""

from datetime import date, timedelta

import pytest

from core.billing.adjust import ask_adjustment
from core.billing.credit import credit_invoice
from core.billing.withhold import record_withholding
from core.documents.speech import plain
from core.documents.statement import STATEMENT_DAYS_MAX, statement
from core.errors import InvalidDay, NotFound
from tests.provider import ssp


@pytest.fixture
def told(parts, town):
    def between(first, last, who=None):
        with parts.db.reading() as connection:
            customer_id = (who or town.achol).customer_id
            return statement(connection, customer_id, date.fromisoformat(first), date.fromisoformat(last))

    return between


@pytest.fixture
def a_year_of_troubles(provider, town):
    """Bills, cash, a balance used, tax kept back, a note, a write-off, goodwill, a refund, a deposit given back."""
    provider.begins("FULL")
    provider.pays(20_000)
    provider.bills_daily_until("2026-12-01")
    provider.pays(30_000)
    (first, second) = provider.invoices()
    provider.does(
        record_withholding, invoice_id=second.id, amount=ssp(1_000), certificate="W-1", now=provider.clock.now()
    )
    provider.does(
        credit_invoice,
        key="k",
        invoice_id=first.id,
        amount=ssp(5_000),
        reason="a slip",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    provider.on("2026-12-10")
    provider.pays(12_000)
    for kind, pounds, invoice in (
        ("write_off", 2_000, second.id),
        ("goodwill", 4_000, None),
        ("refund", 3_000, None),
        ("deposit_return", 5_000, None),
        ("charge", 1_500, None),
    ):
        provider.does(
            ask_adjustment,
            request_key=kind,
            kind=kind,
            customer_id=town.achol.customer_id,
            invoice_id=invoice,
            amount=ssp(pounds),
            reason="agreed by telephone",
            staff_id=town.staff["mary"],
            role="admin",
            issuer=provider.issuer,
            now=provider.clock.now(),
        )
    return provider


def said(movement):
    """Its words, without the number of a receipt."""
    return plain(movement.words("en")).replace("\u00a0", " ").split(", receipt")[0]


def test_each_movement_is_told_with_what_is_owed_after_it(provider, told):
    provider.begins("HOME")
    provider.on("2026-11-20")
    provider.pays(40_000)
    provider.on("2026-12-01")
    provider.bills()
    found = told("2026-11-01", "2026-12-31")
    assert [(one.day.isoformat(), said(one), one.debit, one.credit, one.owes) for one in found.movements] == [
        ("2026-11-20", "Cash", None, ssp(40_000), ssp(-40_000)),
        ("2026-12-01", "Invoice INV-2026-000001", ssp(36_000), None, ssp(-4_000)),
        ("2026-12-01", "SSP 36,000 of the balance used for INV-2026-000001", None, None, ssp(-4_000)),
    ]
    assert (found.opening, found.closing, found.owed, found.have) == (ssp(0), ssp(-4_000), ssp(0), ssp(4_000))


def test_it_agrees_with_the_books_after_everything_that_can_happen(a_year_of_troubles, town, told):
    found = told("2026-11-01", "2026-12-31")
    assert {one.kind for one in found.movements} == {
        "cash", "used", "invoice", "withholding", "credit_note", "write_off", "goodwill", "refund", "deposit_return",
        "credit_to_balance",
    }  # fmt: skip
    assert "Other movement" not in [one.words("en") for one in found.movements]
    assert found.have == town.balance(town.achol)
    assert found.owed - found.have == found.closing
    assert found.owed == ssp(round(sum(one.due or 0 for one in a_year_of_troubles.invoices())))
    ((deposit,),) = a_year_of_troubles.rows("SELECT balance_minor FROM ledger_account WHERE code LIKE 'deposit:%'")
    assert found.deposit.minor == deposit > 0
    owes = found.opening
    for one in found.movements:
        owes = owes + (one.debit or ssp(0)) - (one.credit or ssp(0))
        assert owes == one.owes
    assert owes == found.closing


def test_however_the_days_are_cut_one_statement_goes_on_where_the_other_ended(a_year_of_troubles, told):
    whole = told("2026-11-01", "2026-12-31")
    for cut in range(1, 45, 4):
        last = date(2026, 11, 1) + timedelta(days=cut)
        before = told("2026-11-01", last.isoformat())
        after = told((last + timedelta(days=1)).isoformat(), "2026-12-31")
        assert before.closing == after.opening
        assert (*before.movements, *after.movements) == whole.movements
        assert after.closing == whole.closing


def test_days_are_judged_by_juba(provider, told):
    provider.on("2026-11-30", 23)  # 21:00 in UTC
    provider.clock.advance(minutes=59)
    provider.pays(500)
    assert len(told("2026-11-30", "2026-11-30").movements) == 1
    assert told("2026-12-01", "2026-12-01").movements == ()
    assert told("2026-12-01", "2026-12-01").opening == ssp(-500)


def test_one_customer_does_not_see_another(provider, town, told):
    provider.pays(500, town.deng)
    assert told("2026-11-01", "2026-12-31").movements == ()
    assert len(told("2026-11-01", "2026-12-31", town.deng).movements) == 1


@pytest.mark.parametrize(("first", "last"), [("2026-12-02", "2026-12-01"), ("2025-01-01", "2026-12-01")])
def test_days_the_wrong_way_round_or_too_many_are_refused(provider, told, first, last):
    with pytest.raises(InvalidDay):
        told(first, last)


def test_a_whole_leap_year_is_not_too_much_and_nobody_has_none(provider, parts, told):
    assert STATEMENT_DAYS_MAX == 366
    assert told("2028-01-01", "2028-12-31").movements == ()
    with parts.db.reading() as connection, pytest.raises(NotFound):
        statement(connection, 10**9, date(2026, 1, 1), date(2026, 1, 2))
