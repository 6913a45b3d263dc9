"""What a dollar costs: written down by day, from somewhere, and never a slip of the pen."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.taxes import exchange_on
from core.errors import InvalidDay, InvalidName, NotPossibleNow, RateImpossible, ReasonMissing
from tests.town import count

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)


def write(parts, rate, day=TODAY, currency="USD", source="Bank of South Sudan", staff_id=None):
    with parts.db.transaction() as tx:
        return set_exchange_rate(
            tx, day=day, currency=currency, rate=Decimal(rate), source=source, staff_id=staff_id, now=parts.clock.now()
        )


def rate_on(parts, day=TODAY, currency="USD"):
    with parts.db.reading() as connection:
        return exchange_on(connection, currency, day)


def test_a_rate_is_kept_with_its_source_and_author(parts, town):
    rate_id = write(parts, "4550.123456", source=" Bank of  South Sudan ", staff_id=town.staff["mary"])
    found = rate_on(parts)
    assert (found.rate_id, found.day, found.rate_millionths) == (rate_id, TODAY, 4_550_123_456)
    assert found.source == "Bank of South Sudan"
    assert count(parts, "exchange_rate", "made_by = :mary", mary=town.staff["mary"]) == 1


def test_a_second_row_of_a_day_corrects_the_first_which_stays(parts):
    first = write(parts, 4550)
    second = write(parts, 4560)
    assert rate_on(parts).rate_id == second
    assert count(parts, "exchange_rate", "id = :first AND rate_millionths = 4550000000", first=first) == 1


@pytest.mark.parametrize(
    "rate", ["0", "-0", "-4550", "NaN", "Infinity", "-Infinity", "4550.1234567", "1E-7", "1E+999", "1000000000.1"]
)
def test_a_rate_of_nothing_or_of_no_number_is_refused(parts, rate):
    with pytest.raises(RateImpossible) as refused:
        write(parts, rate)
    assert refused.value.last == "-"
    write(parts, "3010.5", day=YESTERDAY)
    with pytest.raises(RateImpossible) as refused:
        write(parts, rate)
    assert refused.value.last == "3,010.5"
    assert count(parts, "exchange_rate") == 1


@pytest.mark.parametrize("rate", ["455000", "22750.000001", "909.999999", "45.50"])
def test_a_rate_far_from_the_last_is_a_slip(parts, rate):
    write(parts, 4550, day=YESTERDAY)
    with pytest.raises(RateImpossible) as refused:
        write(parts, rate)
    assert refused.value.last == "4,550"
    assert count(parts, "exchange_rate") == 1


@pytest.mark.parametrize("rate", ["22750", "910", "4550"])
def test_the_pound_may_lose_four_fifths_at_once(parts, rate):
    write(parts, 4550, day=YESTERDAY)
    write(parts, rate)
    assert rate_on(parts).rate_millionths == int(rate) * 1_000_000


def test_a_slip_the_limit_let_through_is_corrected_on_its_day(parts):
    write(parts, 4550, day=YESTERDAY)
    write(parts, 20_000)
    write(parts, 3900)
    assert rate_on(parts).rate_millionths == 3_900_000_000
    with pytest.raises(RateImpossible):
        write(parts, 25_000)


def test_a_chain_of_corrections_leads_no_further_than_one(parts):
    write(parts, 1000, day=YESTERDAY)
    write(parts, 5000)
    for rate in (25_000, 5001):
        with pytest.raises(RateImpossible) as refused:
            write(parts, rate)
        assert refused.value.last == "1,000"
    write(parts, 200)
    write(parts, 5000)
    assert rate_on(parts).rate_millionths == 5_000_000_000


@pytest.mark.parametrize("later", [0, 3], ids=["on its day", "days later"])
def test_a_slip_in_the_first_rate_of_all_is_corrected_while_no_document_was_made_with_it(parts, clock, later):
    write(parts, 45)
    clock.advance(days=later)
    write(parts, 4500)
    assert rate_on(parts).rate_millionths == 4_500_000_000
    clock.advance(days=1)
    with pytest.raises(RateImpossible) as refused:
        write(parts, 450_000, day=TODAY + timedelta(days=1))
    assert refused.value.last == "4,500"


def test_a_slip_of_two_days_is_corrected_from_the_first_day_on(parts, clock):
    write(parts, "45", day=YESTERDAY)
    write(parts, "45.5")
    clock.advance(days=1)
    with pytest.raises(RateImpossible):
        write(parts, 4550)
    write(parts, 4500, day=YESTERDAY)
    write(parts, 4550)
    assert (rate_on(parts, YESTERDAY).rate_millionths, rate_on(parts).rate_millionths) == (4_500_000_000, 4_550_000_000)
    write(parts, 4600, day=TODAY + timedelta(days=1))


def test_rows_entered_late_in_one_sitting_lead_no_further_than_one(parts, clock):
    write(parts, 1000, day=TODAY - timedelta(days=10))
    clock.advance(days=1)
    write(parts, 5000, day=TODAY - timedelta(days=9))
    for days, rate in ((8, 25_000), (8, 5001), (3, 25_000), (0, 25_000)):
        with pytest.raises(RateImpossible) as refused:
            write(parts, rate, day=TODAY - timedelta(days=days))
        assert refused.value.last == "1,000"
    write(parts, 4900, day=TODAY - timedelta(days=8))
    clock.advance(days=1)  # what was written yesterday stood for a night: it is known now
    write(parts, 24_000, day=TODAY - timedelta(days=7))


def test_corrections_of_one_sitting_lead_no_further_than_one(parts, clock):
    for days in (3, 2, 1):
        write(parts, 1000, day=TODAY - timedelta(days=days))
    clock.advance(days=1)
    write(parts, 5000, day=TODAY - timedelta(days=2))
    for day in (YESTERDAY, TODAY):
        with pytest.raises(RateImpossible):
            write(parts, 25_000, day=day)
    write(parts, 5000, day=YESTERDAY)
    with pytest.raises(RateImpossible):
        write(parts, 25_000)


def test_many_rows_of_the_first_sitting_are_measured_by_the_one_written_first(parts):
    write(parts, 1000, day=TODAY - timedelta(days=3))
    write(parts, 5000, day=TODAY - timedelta(days=2))
    for rate in (5001, 199):
        with pytest.raises(RateImpossible) as refused:
            write(parts, rate, day=YESTERDAY)
        assert refused.value.last == "1,000"
    write(parts, 300, day=YESTERDAY)
    write(parts, 5000)


def test_a_first_rate_written_late_is_measured_by_a_day_soon_after(parts, clock):
    write(parts, 4550)
    clock.advance(days=1)
    for days in (1, 14):
        with pytest.raises(RateImpossible) as refused:
            write(parts, 455_000, day=TODAY - timedelta(days=days))
        assert refused.value.last == "4,550"
    write(parts, 900_000, day=TODAY - timedelta(days=15))  # so far back nothing is known
    write(parts, 4500, day=TODAY - timedelta(days=40))
    assert rate_on(parts, day=TODAY - timedelta(days=40)).rate_millionths == 4_500_000_000


def test_yesterday_hundredfold_is_refused_whoever_wrote_what_in_between(parts, clock):
    for hours, rate in enumerate((4550, 4500, 4600)):
        write(parts, rate, day=YESTERDAY)
        clock.advance(hours=hours)
    for rate in (0, 455_000, 45):
        with pytest.raises(RateImpossible):
            write(parts, rate)
    write(parts, 4550)
    with pytest.raises(RateImpossible):
        write(parts, 455_000)


def test_a_rate_is_measured_by_its_own_currency_and_by_days_before_it(parts):
    write(parts, 4550)
    write(parts, "1.2", currency="UGX")
    write(parts, 160, day=date(2017, 4, 3))
    assert rate_on(parts, day=date(2017, 4, 3)).rate_millionths == 160_000_000
    assert rate_on(parts, currency="UGX").rate_millionths == 1_200_000


def test_a_rate_has_a_day_that_came_a_source_and_a_foreign_currency(parts, clock):
    with pytest.raises(InvalidDay):
        write(parts, 4550, day=TODAY + timedelta(days=1))
    for nothing in ("", "  "):
        with pytest.raises(ReasonMissing):
            write(parts, 4550, source=nothing)
    with pytest.raises(InvalidName):
        write(parts, 4550, source="x" * 201)
    for currency in ("SSP", "XYZ", "usd", ""):
        with pytest.raises(NotPossibleNow):
            write(parts, 4550, currency=currency)
    assert count(parts, "exchange_rate") == 0
    clock.advance(hours=12)  # midnight in Juba, not in UTC
    write(parts, 4550, day=TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE exchange_rate SET rate_millionths = 1", "never changed"),
        ("DELETE FROM exchange_rate", "never changed"),
        (
            (
                'INSERT INTO exchange_rate (day, currency, "into", rate_millionths, source, made_at)'
                " VALUES ('2026-11-23', 'USD', 'SSP', 0, 'nobody', now())"
            ),
            "rate_positive",
        ),
        (
            (
                'INSERT INTO exchange_rate (day, currency, "into", rate_millionths, source, made_at)'
                " VALUES ('2026-11-23', 'SSP', 'SSP', 1000000, 'nobody', now())"
            ),
            "between_two",
        ),
    ],
)
def test_the_database_refuses_what_the_code_never_does(parts, statement, why):
    write(parts, 4550)
    with pytest.raises(DBAPIError, match=why), parts.db.transaction() as tx:
        tx.execute(text(statement))
    assert rate_on(parts).rate_millionths == 4_550_000_000
