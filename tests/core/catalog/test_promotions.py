"""Promotions: approved by the regulator a week before, one at a time, for those who join in their days."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.catalog.open_tariff import open_tariff
from core.catalog.promotions import PromotionTerms, promotion_for
from core.catalog.set_promotion import PROMOTION_NOTICE_DAYS, set_promotion
from core.errors import (
    DatesMissing,
    DatesOverlap,
    InvalidDay,
    InvalidName,
    KeyReused,
    NotFound,
    NotPossibleNow,
    PromotionNotApproved,
    ShareOutOfRange,
)
from tests.town import count

FIRST = date(2026, 12, 1)
END = date(2027, 1, 1)


@pytest.fixture
def home(parts):
    with parts.db.transaction() as tx:
        return open_tariff(
            tx, code="HOME2", alias=1, name_en="Home", name_ar="منزلي", pay="prepaid", billed_on="anniversary"
        )


def promise(parts, **changed):
    values = {
        "code": "XMAS",
        "name_en": "Christmas",
        "name_ar": "عيد الميلاد",
        "tariff_code": "HOME2",
        "valid_from": FIRST,
        "valid_until": END,
        "percent_off": Decimal("12.5"),
        "periods": 3,
        "approval_reference": "NCA/PROMO/88",
        "approved_on": date(2026, 11, 20),
        "staff_id": None,
        "now": parts.clock.now(),
    } | changed
    with parts.db.transaction() as tx:
        return set_promotion(tx, **values)


def found_on(parts, tariff_id, day):
    with parts.db.reading() as connection:
        return promotion_for(connection, tariff_id, day)


def test_who_joins_in_its_days_gets_it(parts, home, town):
    promotion_id = promise(parts, staff_id=town.staff["mary"])
    terms = PromotionTerms(promotion_id, home, "XMAS", "Christmas", "عيد الميلاد", 125_000, 3)
    assert found_on(parts, home, FIRST - timedelta(days=1)) is None
    assert found_on(parts, home, FIRST) == terms
    assert found_on(parts, home, END - timedelta(days=1)) == terms
    assert found_on(parts, home, END) is None
    assert found_on(parts, home + 1, FIRST) is None
    assert count(parts, "promotion", "made_by = :mary", mary=town.staff["mary"]) == 1


def test_the_same_promotion_again_is_the_same_and_another_under_its_code_is_refused(parts, home):
    first = promise(parts)
    assert promise(parts) == first
    for other in ({"percent_off": Decimal(10)}, {"periods": 2}, {"valid_until": date(2027, 2, 1)}, {"name_en": "Eid"}):
        with pytest.raises(KeyReused):
            promise(parts, **other)
    assert count(parts, "promotion") == 1


@pytest.mark.parametrize(
    "unapproved",
    [
        {"approval_reference": ""},
        {"approval_reference": "  "},
        {"approved_on": None},
        {"approved_on": FIRST - timedelta(days=6)},
        {"approved_on": FIRST + timedelta(days=30)},
    ],
)
def test_the_regulator_has_approved_it_a_week_before(parts, home, unapproved):
    with pytest.raises(PromotionNotApproved) as refused:
        promise(parts, **unapproved)
    assert refused.value.days == PROMOTION_NOTICE_DAYS == 7
    assert count(parts, "promotion") == 0


def test_seven_days_are_enough(parts, home, clock):
    clock.advance(days=1)
    promise(parts, approved_on=FIRST - timedelta(days=7))


def test_an_approval_has_happened(parts, home):
    with pytest.raises(InvalidDay):
        promise(parts, valid_from=date(2026, 12, 20), approved_on=date(2026, 11, 24))
    promise(parts, valid_from=date(2026, 12, 20), approved_on=date(2026, 11, 23))


@pytest.mark.parametrize(
    "dates",
    [{"valid_from": None}, {"valid_until": None}, {"valid_until": FIRST}, {"valid_until": FIRST - timedelta(days=1)}],
)
def test_a_promotion_has_a_first_day_and_an_end_after_it(parts, home, dates):
    with pytest.raises(DatesMissing):
        promise(parts, **dates)


@pytest.mark.parametrize("percent", ["0", "-1", "100.0001", "12.34567", "NaN"])
def test_what_is_taken_off_is_a_percentage(parts, home, percent):
    with pytest.raises(ShareOutOfRange):
        promise(parts, percent_off=Decimal(percent))


def test_it_lasts_some_periods_has_names_and_is_of_a_tariff(parts, home):
    for periods in (0, 25):
        with pytest.raises(NotPossibleNow):
            promise(parts, periods=periods)
    for nameless in ({"code": ""}, {"name_en": " "}, {"name_ar": "x" * 41}, {"approval_reference": "x" * 201}):
        with pytest.raises(InvalidName):
            promise(parts, **nameless)
    with pytest.raises(NotFound):
        promise(parts, tariff_code="KIDEN")
    promise(parts, percent_off=Decimal(100), periods=24)


def test_two_promotions_of_a_tariff_never_meet_on_a_day(parts, home):
    promise(parts)
    for first, end in ((FIRST, END), (date(2026, 11, 30), date(2026, 12, 2)), (date(2026, 12, 31), date(2027, 2, 1))):
        with pytest.raises(DatesOverlap):
            promise(parts, code="EID", valid_from=first, valid_until=end, approved_on=date(2026, 11, 1))
    promise(parts, code="EID", valid_from=END, valid_until=date(2027, 2, 1))
    assert found_on(parts, home, END).code == "EID"


def test_of_many_promotions_set_at_once_one_is(parts, home):
    outcomes = []
    together = threading.Barrier(4)

    def one(number):
        together.wait(timeout=10)
        try:
            promise(parts, code=f"XMAS{number}")
            outcomes.append("done")
        except DatesOverlap:
            outcomes.append("refused")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "ex_promotion_one_at_a_time"),
        ({"first": END, "until": END}, "lasts"),
        ({"first": END, "until": date(2028, 1, 1), "reference": ""}, "approved"),
        ({"first": END, "until": date(2028, 1, 1), "off": 0}, "off_is_a_share"),
        ({"first": END, "until": date(2028, 1, 1), "periods": 0}, "periods_bounded"),
    ],
)
def test_the_database_refuses_what_the_code_never_does(parts, home, changed, why):
    promise(parts)
    values = {"tariff": home, "first": FIRST, "until": END, "off": 1, "periods": 1, "reference": "x"} | changed
    with pytest.raises(DBAPIError, match=why), parts.db.transaction() as tx:
        tx.execute(
            text("""INSERT INTO promotion (code, name_en, name_ar, tariff_id, valid_from, valid_until, off_millionths,
                                           periods, approval_reference, approved_on, made_at)
                    VALUES ('EID', 'Eid', 'Eid', :tariff, :first, :until, :off, :periods, :reference, '2026-01-01', now())"""),
            values,
        )
    assert count(parts, "promotion") == 1
