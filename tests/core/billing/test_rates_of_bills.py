"""The exchange rate of a bill: of its day, or the first that came after it; frozen on the document, and on it to read."""

from datetime import date
from decimal import Decimal

import pytest

from core.billing.credit import credit_invoice
from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.errors import RateImpossible
from core.money import Money


def rate(provider, pounds, day=None):
    """Written down today, for today or a day before."""
    return provider.does(
        set_exchange_rate,
        day=date.fromisoformat(day) if day else provider.today,
        currency="USD",
        rate=Decimal(pounds),
        source="Bank of South Sudan",
        staff_id=None,
        now=provider.clock.now(),
    )


def rates_used(provider):
    """Of each document: its day, and the day and height of the rate it froze."""
    rows = provider.rows(
        "SELECT i.issued_on, r.day, r.rate_millionths / 1000000 AS pounds FROM invoice i"
        " LEFT JOIN exchange_rate r ON r.id = i.exchange_rate_id ORDER BY i.id"
    )
    return [
        (row.issued_on.isoformat(), row.day.isoformat() if row.day else None, row.pounds and int(row.pounds))
        for row in rows
    ]


def stale(provider):
    """An NGO since 1 November, and no rate since: on 1 December there is none to bill it by."""
    rate(provider, 4000)
    provider.begins("NGO")
    provider.on("2026-12-01")
    assert provider.bills().issued == 0


def test_a_bill_that_waited_for_a_rate_is_made_with_the_first_that_came(provider):
    stale(provider)
    provider.on("2026-12-03")
    rate(provider, 4100)
    provider.on("2026-12-04")
    rate(provider, 4200)
    assert provider.bills().faults == []
    assert rates_used(provider) == [("2026-12-01", "2026-12-03", 4100)]
    (line,) = provider.lines(provider.invoices()[0].id)
    assert (line.facts["rate_day"], line.amount) == ("2026-12-03", 410_000)
    provider.agrees()


def test_a_rate_written_late_for_the_days_before_a_bill_is_the_one_of_its_day(provider):
    stale(provider)
    provider.on("2026-12-03")
    rate(provider, 4100)
    rate(provider, 4050, "2026-11-28")
    provider.bills()
    assert rates_used(provider) == [("2026-12-01", "2026-11-28", 4050)]


def test_months_missed_are_each_billed_with_the_rate_of_their_own_day(provider):
    rate(provider, 4000)
    provider.begins("NGO")
    for day, pounds in (("2026-12-01", 4100), ("2027-01-05", 4300)):
        provider.on(day)
        rate(provider, pounds)
    provider.bills()
    assert rates_used(provider) == [("2026-12-01", "2026-12-01", 4100), ("2027-01-01", "2027-01-05", 4300)]


def test_a_rate_too_old_is_not_used_because_it_is_the_only_one(provider):
    stale(provider)
    assert provider.invoices() == []
    provider.on("2026-12-20")
    assert provider.bills().issued == 0


def dollars(provider, pay):
    """A tariff with its fees in dollars."""
    with provider.parts.db.transaction() as tx:
        open_tariff(tx, code="USDF", alias=20, name_en="U", name_ar="م", pay=pay, billed_on="anniversary")
        fees = {"set_up": Money.of(50, "USD"), "deposit": Money.of(20, "USD")}
        set_tariff_version(
            tx,
            code="USDF",
            terms=NewTerms(down_kbps=9_000, up_kbps=1_000, price=Money.of(100, "USD"), **fees),
            valid_from=date(2026, 1, 1),
            staff_id=None,
            now=provider.clock.now(),
        )


@pytest.mark.parametrize("pay", ["postpaid", "prepaid"])
def test_fees_in_dollars_freeze_the_rate_they_were_turned_into_pounds_by(provider, pay):
    rate(provider, 4000)
    dollars(provider, pay)
    provider.pays(1_000_000)
    provider.begins("USDF")
    assert rates_used(provider) == [("2026-11-01", "2026-11-01", 4000)]
    fees = [line for line in provider.lines(provider.invoices()[0].id) if line.kind in {"set_up", "deposit"}]
    assert [(line.amount, line.facts["rate_millionths"], line.facts["rate_day"]) for line in fees] == [
        (200_000, 4_000_000_000, "2026-11-01"),
        (80_000, 4_000_000_000, "2026-11-01"),
    ]


def test_a_credit_note_of_fees_in_dollars_keeps_the_rate_of_its_invoice(provider):
    rate(provider, 4000)
    dollars(provider, "postpaid")
    provider.begins("USDF")
    provider.on("2026-11-03")
    rate(provider, 4500)
    provider.does(
        credit_invoice,
        key="k",
        invoice_id=provider.invoices()[0].id,
        amount=None,
        reason="not installed",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert rates_used(provider) == [("2026-11-01", "2026-11-01", 4000), ("2026-11-03", "2026-11-01", 4000)]


def test_a_bill_in_pounds_freezes_no_rate(provider):
    rate(provider, 4000)
    provider.begins("FULL")
    assert rates_used(provider) == [("2026-11-01", None, None)]


def test_the_first_rate_of_all_once_a_bill_was_made_with_it_measures_its_corrections(provider):
    rate(provider, 45)
    rate(provider, 4000)
    rate(provider, 45)
    dollars(provider, "postpaid")
    provider.begins("USDF")
    assert rates_used(provider) == [("2026-11-01", "2026-11-01", 45)]
    for pounds in (4500, 226):
        with pytest.raises(RateImpossible) as refused:
            rate(provider, pounds)
        assert refused.value.last == "45"
    rate(provider, 220)
    with pytest.raises(RateImpossible):
        rate(provider, 1000)
    # A rate of some weeks before, which nothing measures, puts it right; the bill keeps its own.
    rate(provider, 4400, "2026-10-12")
    rate(provider, 4500)
    assert rates_used(provider) == [("2026-11-01", "2026-11-01", 45)]
