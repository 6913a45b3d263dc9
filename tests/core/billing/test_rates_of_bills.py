"""The exchange rate of a bill: of its day, or the first that came after it; frozen on the document, and on it to read."""

from datetime import date
from decimal import Decimal

from core.catalog.set_exchange_rate import set_exchange_rate


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
