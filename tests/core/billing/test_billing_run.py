"""The billing run: right days, right amounts, each once."""

from datetime import date

import pytest

from core.billing.run import bill_due, preview
from core.errors import InsufficientBalance, InvalidDay


def test_a_postpaid_month_is_billed_when_it_is_over_with_excise_on_top(provider):
    provider.begins("HOME")
    provider.bills_daily_until("2026-11-30")
    assert provider.invoices() == []
    provider.bills_daily_until("2026-12-01")
    (invoice,) = provider.invoices()
    assert (invoice.number, invoice.issued_on, invoice.due_on) == (
        "INV-2026-000001",
        date(2026, 12, 1),
        date(2026, 12, 15),
    )
    assert (invoice.net, invoice.tax, invoice.total, invoice.due) == (30_000, 6_000, 36_000, 36_000)
    (line,) = provider.lines(invoice.id)
    assert (line.kind, line.from_day, line.next_day) == ("recurring", date(2026, 11, 1), date(2026, 12, 1))
    assert (line.facts["days"], line.facts["of"], line.facts["price"]) == (30, 30, 3_000_000)
    provider.agrees()


def test_a_month_begun_in_the_middle_of_one_billed_by_the_first_costs_its_days(provider):
    provider.on("2026-11-14")
    provider.begins("OFFICE")
    provider.on("2026-12-01")
    provider.bills()
    (invoice,) = provider.invoices()
    service, rental = provider.lines(invoice.id)
    assert (service.amount, service.facts["days"], service.facts["of"]) == (51_000, 17, 30)
    assert (rental.kind, str(rental.amount)[:7]) == ("rental", "2833.33")
    provider.on("2027-01-01")
    provider.bills()
    assert [round(one.net) for one in provider.invoices()] == [53_833, 95_000]
    provider.agrees()


def test_the_same_day_twice_changes_nothing(provider):
    provider.begins("HOME")
    provider.on("2026-12-01")
    assert provider.bills().issued == 1
    assert provider.bills().issued == 0
    assert len(provider.invoices()) == 1


@pytest.mark.parametrize(
    ("begun", "months"),
    [
        ("2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
        ("2026-01-30", ["2026-02-28", "2026-03-30", "2026-04-30", "2026-05-30", "2026-06-30"]),
        ("2028-01-29", ["2028-02-29", "2028-03-29", "2028-04-29", "2028-05-29", "2028-06-29"]),
    ],
)
def test_a_service_begun_at_the_end_of_a_month_is_billed_on_the_last_day_there_is(provider, begun, months):
    provider.on(begun)
    provider.begins("HOME")
    provider.on(months[-1])
    provider.bills()
    assert [invoice.issued_on.isoformat() for invoice in provider.invoices()] == months
    assert all(invoice.net == 30_000 for invoice in provider.invoices())
    provider.agrees()


def test_a_run_dates_by_juba_whatever_zone_the_server_is_in(provider):
    provider.begins("HOME")
    provider.clock.at = provider.clock.at.replace(month=11, day=30, hour=22, minute=30)  # 00:30 on 1 December in Juba
    assert provider.bills().issued == 1
    assert provider.invoices()[0].issued_on == date(2026, 12, 1)


def test_days_missed_are_billed_as_if_they_had_been_billed_on_time(provider):
    provider.begins("HOME")
    provider.begins("OFFICE", provider.town.deng)
    provider.on("2027-03-05")
    provider.bills()
    assert [one.issued_on.isoformat() for one in provider.invoices()] == [
        "2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01",
    ]  # fmt: skip
    assert [one.number for one in provider.invoices()] == [
        "INV-2026-000001", "INV-2027-000001", "INV-2027-000003", "INV-2027-000005",
    ]  # fmt: skip
    provider.agrees()


def test_a_day_to_come_is_not_billed(provider):
    with pytest.raises(InvalidDay):
        provider.bills("2026-11-02")


def test_prepaid_pays_its_month_in_advance_from_the_balance(provider):
    with pytest.raises(InsufficientBalance):
        provider.begins("PREHOME")
    assert provider.rows("SELECT 1 FROM subscription") == []
    provider.pays(80_000)
    service = provider.begins("PREHOME")
    assert provider.balance().minor == 44_000_00
    provider.on("2026-12-01")
    assert provider.bills().issued == 1
    assert provider.balance().minor == 8_000_00
    provider.on("2027-01-01")
    run = provider.bills()
    assert (run.issued, run.lapsed) == (0, 1)
    assert (provider.service(service).state, provider.access(service).wanted) == ("suspended", "disabled")
    assert [one.due for one in provider.invoices()] == [0, 0]
    provider.agrees()


def test_prepaid_that_lapsed_goes_on_at_once_with_the_money_and_begins_a_month_that_day(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    provider.bills()
    provider.on("2026-12-10")
    assert provider.pays(20_000).back_on == ()
    assert provider.service(service).state == "suspended"
    assert provider.pays(16_000).back_on == (provider.service(service).number,)
    row = provider.service(service)
    assert (row.state, row.billed_until, row.next_bill_on) == ("active", date(2027, 1, 10), date(2027, 1, 10))
    assert provider.access(service).wanted == "present"
    assert provider.balance().minor == 0
    provider.agrees()


def test_credit_on_the_balance_settles_a_postpaid_bill_as_it_is_issued(provider):
    provider.pays(10_000)
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    assert provider.invoices()[0].due == 26_000
    assert provider.balance().minor == 0
    provider.agrees()


def test_a_dry_run_tells_what_would_be_and_leaves_nothing(provider):
    provider.begins("HOME")
    provider.on("2027-01-15")
    told = []
    run = preview(
        provider.parts.db, day=provider.today, issuer=provider.issuer, now=provider.clock.now(), heard=told.append
    )
    assert [one.number for outcome in told for one in outcome.issued] == ["INV-2026-000001", "INV-2027-000001"]
    assert run.issued == 2
    assert provider.invoices() == []
    assert provider.bills().issued == 2


def test_a_service_without_a_rate_for_its_dollars_waits_and_holds_up_no_other(provider):
    provider.begins("NGO")
    provider.begins("OFFICE", provider.town.deng)
    provider.on("2026-12-01")
    run = provider.bills()
    assert (run.issued, len(run.faults)) == (1, 1)
    assert "NoExchangeRate" in run.faults[0]
    assert len(provider.invoices(provider.town.deng)) == 1


def test_a_run_needs_no_order_of_customers_to_give_numbers_without_a_gap(provider):
    for _ in range(3):
        provider.begins("HOME")
    provider.on("2026-12-01")
    bill_due(provider.parts.db, day=provider.today, issuer=provider.issuer, now=provider.clock.now())
    assert [one.number for one in provider.invoices()] == ["INV-2026-000001", "INV-2026-000002", "INV-2026-000003"]
    provider.agrees()
