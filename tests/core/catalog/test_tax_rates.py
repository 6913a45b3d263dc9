"""Taxes as dated configuration: one rate of a tax on a day, and none that changes behind an invoice."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.catalog.set_tax_rate import end_tax_rate, open_tax, set_tax_rate
from core.catalog.shares import share_of
from core.catalog.taxes import PRODUCT_CLASSES, tax_terms_on
from core.errors import (
    DatesMissing,
    DatesOverlap,
    InvalidName,
    KeyReused,
    NotFound,
    NotPossibleNow,
    ShareOutOfRange,
)
from tests.town import count

FIRST = date(2027, 1, 1)
LAST = date(2027, 7, 1)


@pytest.fixture
def levy(parts):
    with parts.db.transaction() as tx:
        return open_tax(tx, code="LEVY", name_en="State levy", name_ar="رسم الولاية", position=2)


def set_rate(parts, rate="5", valid_from=FIRST, valid_until=LAST, **changed):
    values = {
        "tax_code": "LEVY",
        "product_class": "telecom",
        "inclusive": False,
        "compound": True,
        "note": "",
        "staff_id": None,
        "now": parts.clock.now(),
    } | changed
    with parts.db.transaction() as tx:
        return set_tax_rate(tx, rate_percent=Decimal(rate), valid_from=valid_from, valid_until=valid_until, **values)


def end(parts, rate_id, until):
    with parts.db.transaction() as tx:
        end_tax_rate(tx, rate_id=rate_id, until=until)


def levies_on(parts, day):
    with parts.db.reading() as connection:
        return [terms for terms in tax_terms_on(connection, day) if terms.code == "LEVY"]


def test_a_tax_is_opened_once_and_found_again(parts, levy):
    def again(**changed):
        values = {"code": "LEVY", "name_en": "State levy", "name_ar": "رسم الولاية", "position": 2} | changed
        with parts.db.transaction() as tx:
            return open_tax(tx, **values)

    assert again() == levy
    for other in ({"position": 3}, {"name_en": "Levy"}, {"name_ar": "رسم"}):
        with pytest.raises(KeyReused):
            again(**other)
    for nameless in ({"code": " "}, {"name_en": ""}, {"name_ar": "x" * 41}):
        with pytest.raises(InvalidName):
            again(**nameless)
    for position in (0, 100):
        with pytest.raises(NotPossibleNow):
            again(position=position)


def test_a_rate_holds_from_its_first_day_up_to_the_day_it_ends(parts, levy, town):
    set_rate(parts, "2.5", note=" Act 9 ", staff_id=town.staff["mary"])
    assert levies_on(parts, date(2026, 12, 31)) == []
    for day in (FIRST, date(2027, 6, 30)):
        [found] = levies_on(parts, day)
        assert (found.rate_millionths, found.inclusive, found.compound) == (25_000, False, True)
    assert levies_on(parts, LAST) == []
    assert count(parts, "tax_rate", "made_by = :mary AND note = 'Act 9'", mary=town.staff["mary"]) == 1


def test_taxes_come_in_the_order_in_which_they_are_computed(parts, levy):
    set_rate(parts)
    with parts.db.reading() as connection:
        assert [terms.code for terms in tax_terms_on(connection, FIRST)] == ["EXCISE", "LEVY"]


@pytest.mark.parametrize("rate", ["-0.0001", "100.0001", "101", "5.00001", "NaN", "Infinity", "1E+99"])
def test_a_rate_is_a_percentage(parts, levy, rate):
    with pytest.raises(ShareOutOfRange):
        set_rate(parts, rate)
    assert levies_on(parts, FIRST) == []


@given(millionths=st.integers(0, 1_000_000))
def test_every_percentage_of_four_digits_is_kept_exactly(millionths):
    assert share_of(Decimal(millionths) / 10_000) == millionths


@pytest.mark.parametrize("dates", [(None, LAST), (None, None), (LAST, FIRST), (FIRST, FIRST)])
def test_a_rate_without_days_is_refused(parts, levy, dates):
    with pytest.raises(DatesMissing):
        set_rate(parts, valid_from=dates[0], valid_until=dates[1])


def test_a_rate_is_of_a_tax_and_a_class_that_are_there(parts, levy):
    with pytest.raises(NotFound):
        set_rate(parts, tax_code="KIDEN")
    for unknown in ("deposit", "goats"):
        with pytest.raises(NotPossibleNow):
            set_rate(parts, product_class=unknown)
    with pytest.raises(InvalidName):
        set_rate(parts, note="x" * 201)
    for known in PRODUCT_CLASSES:
        set_rate(parts, product_class=known)
    assert len(levies_on(parts, FIRST)) == len(PRODUCT_CLASSES)


@pytest.mark.parametrize(
    "dates",
    [
        (FIRST, LAST),
        (date(2026, 1, 1), date(2027, 1, 2)),
        (date(2027, 6, 30), None),
        (date(2027, 3, 1), date(2027, 3, 2)),
        (date(2020, 1, 1), None),
    ],
)
def test_two_rates_of_a_tax_never_meet_on_a_day(parts, levy, dates):
    set_rate(parts)
    with pytest.raises(DatesOverlap):
        set_rate(parts, "7", valid_from=dates[0], valid_until=dates[1])
    assert [terms.rate_millionths for terms in levies_on(parts, date(2027, 3, 1))] == [50_000]


def test_one_rate_follows_another_on_its_last_day(parts, levy):
    rate_id = set_rate(parts, valid_until=None)
    with pytest.raises(DatesOverlap):
        set_rate(parts, "7", valid_from=LAST, valid_until=None)
    end(parts, rate_id, LAST)
    set_rate(parts, "7", valid_from=LAST, valid_until=None)
    assert [terms.rate_millionths for terms in levies_on(parts, date(2027, 6, 30))] == [50_000]
    assert [terms.rate_millionths for terms in levies_on(parts, LAST)] == [70_000]


def test_a_rate_is_ended_once(parts, levy):
    rate_id = set_rate(parts, valid_until=None)
    for until in (FIRST, date(2026, 1, 1)):
        with pytest.raises(DatesMissing):
            end(parts, rate_id, until)
    end(parts, rate_id, LAST)
    end(parts, rate_id, LAST)
    with pytest.raises(NotPossibleNow):
        end(parts, rate_id, date(2028, 1, 1))
    with pytest.raises(NotFound):
        end(parts, rate_id + 999, LAST)


def test_of_many_who_set_overlapping_rates_at_once_one_does(parts, levy):
    outcomes = []
    together = threading.Barrier(6)

    def one(number):
        together.wait(timeout=10)
        try:
            set_rate(parts, str(number), valid_from=date(2027, 1, number), valid_until=None)
            outcomes.append("done")
        except DatesOverlap:
            outcomes.append("refused")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done"] + ["refused"] * 5
    assert len(levies_on(parts, date(2028, 1, 1))) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_rate_waits_for_one_that_is_being_written_and_yields_if_it_stays(parts, levy, kept):
    outcomes = []

    def set_mine():
        try:
            set_rate(parts, "7")
            outcomes.append("done")
        except DatesOverlap:
            outcomes.append("refused")

    mine = threading.Thread(target=set_mine)
    with parts.db.engine.connect() as other:
        go_around(other, levy)
        mine.start()
        wait_until_blocked(parts)
        assert outcomes == []
        if kept:
            other.commit()
        else:
            other.rollback()
    mine.join(timeout=30)
    assert outcomes == (["refused"] if kept else ["done"])
    assert len(levies_on(parts, FIRST)) == 1


def wait_until_blocked(parts):
    """Until somebody waits for a row of another's transaction."""
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with parts.db.reading() as connection:
        for _look in range(100_000):
            if connection.execute(blocked).scalar_one():
                return
    raise AssertionError("nobody waits")


def go_around(connection, levy, **changed):
    """Write past the code, as a mistaken hand would."""
    values = {"tax": levy, "rate": 30_000, "first": FIRST, "until": LAST} | changed
    connection.execute(
        text("""INSERT INTO tax_rate (tax_id, product_class, rate_millionths, inclusive, compound, valid_from, valid_until,
                                      note, made_at)
                VALUES (:tax, 'telecom', :rate, false, false, :first, :until, '', now())"""),
        values,
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "ex_tax_rate_one_at_a_time"),
        ({"first": date(2027, 6, 30), "until": None}, "ex_tax_rate_one_at_a_time"),
        ({"first": LAST, "until": LAST}, "lasts"),
        ({"first": None}, "valid_from"),
        ({"first": LAST, "until": None, "rate": 1_000_001}, "rate_is_a_share"),
        ({"first": LAST, "until": None, "rate": -1}, "rate_is_a_share"),
    ],
)
def test_the_database_refuses_a_rate_the_code_never_writes(parts, levy, changed, why):
    set_rate(parts)
    with pytest.raises(DBAPIError, match=why), parts.db.transaction() as tx:
        go_around(tx.connection, levy, **changed)
    assert count(parts, "tax_rate", "tax_id = :levy", levy=levy) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tax_rate SET rate_millionths = 1",
        "UPDATE tax_rate SET valid_until = valid_until + 1",
        "UPDATE tax_rate SET valid_until = NULL",
        "UPDATE tax_rate SET valid_until = '2030-01-01', inclusive = NOT inclusive WHERE valid_until IS NULL",
        "DELETE FROM tax_rate",
    ],
)
def test_the_database_keeps_the_terms_of_a_rate(parts, levy, statement):
    set_rate(parts)
    with pytest.raises(DBAPIError, match="keeps its terms"), parts.db.transaction() as tx:
        tx.execute(text(statement))


def test_what_ships_is_an_example_and_says_so(parts):
    with parts.db.reading() as connection:
        [excise] = tax_terms_on(connection, date(2026, 11, 23))
    assert (excise.code, excise.product_class, excise.rate_millionths) == ("EXCISE", "telecom", 200_000)
    assert count(parts, "tax_rate", "note LIKE '%Check with your accountant%'") == 1
