"""The quarterly filing: every price a customer could meet, what rose and by how much, and with how much notice."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from core.catalog.data_packs import DataPack
from core.catalog.fair_use import FairUse, Step
from core.catalog.file_tariffs import PROMOTION_COLUMNS, TARIFF_COLUMNS, _cells, quarter_days, tariff_filing
from core.catalog.models import Plan
from core.catalog.open_tariff import open_tariff
from core.catalog.plan_words import plan_words
from core.catalog.set_price import open_plan, set_version
from core.catalog.set_promotion import set_promotion
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.catalog.withdraw_tariff import withdraw_tariff
from core.errors import InvalidDay
from core.money import Money

LONG_AGO = datetime(2025, 12, 2, 10, 0, tzinfo=UTC)


def ssp(pounds):
    return Money.of(pounds, "SSP")


def packs(small, large):
    """A gigabyte and five, at these prices."""
    return (DataPack(10**9, ssp(small)), DataPack(5 * 10**9, ssp(large)))


def opened(parts, code="HOME2", alias=1, **changed):
    names = {"name_en": "Home 2 Mbit", "name_ar": "منزلي", "pay": "prepaid"} | changed
    with parts.db.transaction() as tx:
        open_tariff(tx, code=code, alias=alias, billed_on="anniversary", **names)


def priced(parts, valid_from, price, *, made=LONG_AGO, code="HOME2", **changed):
    terms = NewTerms(**{"down_kbps": 2048, "up_kbps": 512, "price": price} | changed)
    with parts.db.transaction() as tx:
        set_tariff_version(tx, code=code, terms=terms, valid_from=valid_from, staff_id=None, now=made)


def withdrawn(parts, on_day):
    with parts.db.transaction() as tx:
        withdraw_tariff(tx, code="HOME2", on_day=on_day, now=parts.clock.now())


def filed(parts, quarter):
    """The rows of a filing by column: of tariffs, and of promotions."""
    with parts.db.reading() as connection:
        rows = list(csv.reader(io.StringIO(tariff_filing(connection, quarter), newline="")))
    between = rows.index([])
    assert (tuple(rows[0]), tuple(rows[between + 1])) == (TARIFF_COLUMNS, PROMOTION_COLUMNS)
    return (
        [dict(zip(TARIFF_COLUMNS, row, strict=True)) for row in rows[1:between]],
        [dict(zip(PROMOTION_COLUMNS, row, strict=True)) for row in rows[between + 2 :]],
    )


def prices(parts, quarter):
    return [(row["price"], row["valid from"], row["valid until"]) for row in filed(parts, quarter)[0]]


def test_a_filing_says_all_about_a_tariff(parts):
    opened(parts, pay="postpaid")
    priced(
        parts,
        date(2026, 1, 1),
        ssp("45000.50"),
        data_bytes=50 * 10**9,
        fair_use=FairUse((Step("billing", 1_500_000_000, 256, 128),), 22, 6),
        set_up=ssp(5000),
        overage=ssp(700),
    )
    assert filed(parts, "2026Q1") == (
        [
            {
                "code": "HOME2",
                "name": "Home 2 Mbit",
                "name in Arabic": "منزلي",
                "pay": "postpaid",
                "down kbit/s": "2048",
                "up kbit/s": "512",
                "data GB": "50",
                "fair use": "1.5 GB a billing month: 256/128 kbit/s; free 22-6",
                "price": "45000.50",
                "currency": "SSP",
                "set-up": "5000.00",
                "deposit": "0.00",
                "rental": "0.00",
                "overage per GB": "700.00",
                "data packs": "",
                "valid from": "2026-01-01",
                "valid until": "",
                "raises the price": "no",
                "raised by percent": "",
                "fees raised": "",
                "days of notice": "30",
            }
        ],
        [],
    )


def test_a_version_is_filed_in_every_quarter_that_has_a_day_of_it(parts):
    opened(parts)
    priced(parts, date(2026, 2, 1), ssp(100))
    priced(parts, date(2026, 7, 1), ssp(200))
    first, second = ("100.00", "2026-02-01", "2026-06-30"), ("200.00", "2026-07-01", "")
    assert prices(parts, "2025Q4") == []
    assert prices(parts, "2026Q1") == [first]
    assert prices(parts, "2026Q2") == [first]
    assert prices(parts, "2026Q3") == [second]
    assert prices(parts, "2030Q1") == [second]


def test_a_change_within_the_quarter_files_both_prices(parts):
    opened(parts)
    priced(parts, date(2026, 2, 1), ssp(100))
    priced(parts, date(2026, 5, 20), ssp(200))
    assert prices(parts, "2026Q2") == [("100.00", "2026-02-01", "2026-05-19"), ("200.00", "2026-05-20", "")]


def test_a_withdrawn_tariff_is_filed_to_its_last_day(parts):
    opened(parts)
    priced(parts, date(2026, 2, 1), ssp(100))
    withdrawn(parts, date(2026, 12, 24))
    assert prices(parts, "2026Q4") == [("100.00", "2026-02-01", "2026-12-23")]
    assert prices(parts, "2027Q1") == []


def test_who_still_has_a_withdrawn_tariff_sees_its_new_price_filed(parts, clock):
    opened(parts)
    priced(parts, date(2026, 2, 1), ssp(100))
    withdrawn(parts, date(2026, 12, 24))
    priced(parts, date(2027, 2, 1), ssp(150), made=clock.now())
    assert prices(parts, "2027Q1") == [("150.00", "2027-02-01", "")]


@pytest.mark.parametrize(
    ("before", "after", "raises", "percent"),
    [
        (ssp(900), ssp(1565), "yes", "73.9"),  # as 100 MB went in October 2024
        (ssp(1000), ssp(1000), "no", ""),
        (ssp(1000), ssp(999), "no", ""),
        (ssp(2000), ssp(2001), "yes", "0.1"),  # half a tenth goes up
        (ssp(100_000), ssp(100_001), "yes", "0.0"),
        (ssp(1), ssp(2), "yes", "100.0"),
        (Money.of(10, "USD"), ssp(50_000), "other currency", ""),
    ],
)
def test_an_increase_is_filed_in_percent(parts, before, after, raises, percent):
    opened(parts)
    priced(parts, date(2026, 1, 1), before)
    priced(parts, date(2026, 4, 1), after)
    [row] = filed(parts, "2026Q2")[0]
    assert (row["raises the price"], row["raised by percent"]) == (raises, percent)


@pytest.mark.parametrize(
    ("before", "after", "raised"),
    [
        ({"set_up": ssp(1000)}, {"set_up": ssp(1500)}, "set-up 50.0%"),
        ({}, {"rental": ssp(500), "deposit": ssp(900)}, "deposit new, rental new"),
        ({"rental": ssp(3000)}, {"rental": ssp(3001), "set_up": ssp(1)}, "set-up new, rental 0.0%"),
        ({"overage": ssp(500)}, {"overage": ssp(700)}, "overage 40.0%"),
        ({"packs": packs(500, 2_000)}, {"packs": packs(500, 2_500)}, "5 GB 25.0%"),
        ({"rental": ssp(500), "deposit": ssp(900)}, {"rental": ssp(500)}, ""),
        ({"set_up": ssp(500)}, {"price": Money.of(5, "USD"), "set_up": Money.of(9, "USD")}, ""),
    ],
)
def test_a_fee_that_rises_is_filed_though_the_price_stays(parts, before, after, raised):
    opened(parts, pay="postpaid")
    same = {"price": ssp(1000), "data_bytes": 10**9}
    for valid_from, terms in ((date(2026, 1, 1), before), (date(2026, 4, 1), after)):
        priced(parts, valid_from, **(same | terms))
    [row] = filed(parts, "2026Q2")[0]
    assert row["fees raised"] == raised
    assert row["raises the price"] == ("other currency" if "price" in after else "no")


def test_packs_of_data_are_filed_with_their_prices(parts):
    opened(parts)
    priced(parts, date(2026, 1, 1), ssp(1000), data_bytes=10**9, packs=packs(500, 2_000))
    [row] = filed(parts, "2026Q1")[0]
    assert row["data packs"] == "1 GB 500.00; 5 GB 2000.00"


def hotspot_plan(parts, *versions, withdrawn_at=None):
    """A plan of an hour with a gigabyte: since when, in UTC, at which price."""
    with parts.db.transaction() as tx:
        open_plan(tx, code="1H", alias=7)
        for valid_from, pounds in versions:
            terms = {"duration_s": 3600, "data_bytes": 10**9, "down_kbps": 2000, "up_kbps": 500, "devices_max": 1}
            set_version(tx, code="1H", valid_from=valid_from, price=ssp(pounds), **terms)
        tx.execute(update(Plan).values(withdrawn_at=withdrawn_at))


def test_plans_of_hotspots_are_filed_after_the_tariffs(parts):
    opened(parts)
    priced(parts, date(2026, 1, 1), ssp(100))
    hotspot_plan(parts, (datetime(2026, 1, 5, 22, 30, tzinfo=UTC), 500))
    tariff, plan = filed(parts, "2026Q1")[0]
    assert tariff["code"] == "HOME2"
    assert {name: text for name, text in plan.items() if text} == {
        "code": "1H",
        "name": "1 GB 1 hour",
        "name in Arabic": plan_words("ar", 3600, 10**9),
        "pay": "hotspot",
        "down kbit/s": "2000",
        "up kbit/s": "500",
        "data GB": "1",
        "price": "500.00",
        "currency": "SSP",
        "valid from": "2026-01-06",  # the next day had begun in Juba
        "raises the price": "no",
    }


def test_a_plan_of_a_hotspot_is_filed_with_each_price_and_to_its_last_day(parts):
    changed, gone = datetime(2026, 5, 20, 12, tzinfo=UTC), datetime(2026, 8, 31, 22, tzinfo=UTC)
    hotspot_plan(parts, (datetime(2026, 1, 5, tzinfo=UTC), 500), (changed, 600), withdrawn_at=gone)
    old, new = ("500.00", "2026-01-05", "2026-05-20"), ("600.00", "2026-05-20", "2026-08-31")
    assert prices(parts, "2025Q4") == prices(parts, "2026Q4") == []
    assert prices(parts, "2026Q1") == [old]
    assert prices(parts, "2026Q2") == [old, new]
    assert prices(parts, "2026Q3") == [new]
    assert [row["raised by percent"] for row in filed(parts, "2026Q2")[0]] == ["", "20.0"]


@pytest.mark.parametrize(
    ("made", "days"),
    [
        (datetime(2026, 3, 2, 10, 0, tzinfo=UTC), "30"),
        (datetime(2026, 3, 2, 22, 30, tzinfo=UTC), "29"),  # the next day has begun in Juba
        (datetime(2026, 4, 1, 10, 0, tzinfo=UTC), "0"),
    ],
)
def test_the_days_of_notice_are_counted_in_juba(parts, made, days):
    opened(parts)
    priced(parts, date(2026, 1, 1), ssp(100))
    priced(parts, date(2026, 4, 1), ssp(200), made=made)
    assert filed(parts, "2026Q2")[0][0]["days of notice"] == days


def test_what_was_entered_after_its_first_day_had_no_notice(parts, clock):
    opened(parts)
    priced(parts, date(2026, 1, 1), ssp(100), made=clock.now())
    assert filed(parts, "2026Q4")[0][0]["days of notice"] == "0"


def test_tariffs_come_in_the_order_of_their_numbers(parts):
    for code, alias in (("C", 3), ("A", 2), ("B", 1)):
        opened(parts, code=code, alias=alias)
        priced(parts, date(2026, 1, 1), ssp(100), code=code)
    assert [row["code"] for row in filed(parts, "2026Q1")[0]] == ["B", "A", "C"]
    assert [row["data GB"] for row in filed(parts, "2026Q1")[0]] == ["unlimited"] * 3


def test_promotions_of_the_quarter_follow_with_their_reference(parts, clock):
    opened(parts)
    with parts.db.transaction() as tx:
        set_promotion(
            tx,
            code="XMAS",
            name_en="Christmas",
            name_ar="عيد الميلاد",
            tariff_code="HOME2",
            valid_from=date(2026, 12, 1),
            valid_until=date(2027, 1, 1),
            percent_off=Decimal("12.5"),
            periods=3,
            approval_reference="NCA/PROMO/88",
            approved_on=date(2026, 11, 20),
            staff_id=None,
            now=clock.now(),
        )
    assert filed(parts, "2026Q4")[1] == [
        {
            "promotion": "XMAS",
            "name": "Christmas",
            "name in Arabic": "عيد الميلاد",
            "tariff": "HOME2",
            "percent off": "12.5",
            "periods": "3",
            "valid from": "2026-12-01",
            "valid until": "2026-12-31",
            "approval reference": "NCA/PROMO/88",
            "approved on": "2026-11-20",
        }
    ]
    assert filed(parts, "2026Q3")[1] == filed(parts, "2027Q1")[1] == []


def test_no_name_becomes_a_formula_in_a_spreadsheet(parts):
    opened(parts, code="-1", name_en='=HYPERLINK("http://x")', name_ar="@SUM(A1), +1")
    priced(parts, date(2026, 1, 1), ssp(100), code="-1")
    [row] = filed(parts, "2026Q1")[0]
    assert (row["code"], row["name"], row["name in Arabic"]) == ("'-1", '\'=HYPERLINK("http://x")', "'@SUM(A1), +1")


@given(st.lists(st.one_of(st.text(), st.integers(), st.none())))
def test_no_cell_begins_as_a_formula_does(values):
    assert not [cell for cell in _cells(values) if cell[:1] and cell[0] in "=+-@\t\r\n"]


@pytest.mark.parametrize(
    "typed", ["", "2026", "2026Q5", "2026Q0", "2026q4", "26Q4", "2026Q4 ", "٢٠٢٦Q٤", "2026Q4\n", "1026Q1"]
)
def test_a_malformed_quarter_is_refused(parts, typed):
    with parts.db.reading() as connection, pytest.raises(InvalidDay):
        tariff_filing(connection, typed)


def test_the_quarters_of_a_year_meet_and_leave_no_day_out():
    quarters = [quarter_days(f"2026Q{number}") for number in range(1, 5)]
    assert quarters[0].first == date(2026, 1, 1)
    assert [one.next for one in quarters[:3]] == [one.first for one in quarters[1:]]
    assert quarters[3].next == date(2027, 1, 1)
