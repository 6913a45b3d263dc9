"""Monthly plans: named once, priced by versions, and never repriced behind anybody's back."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.catalog.data_packs import DataPack
from core.catalog.fair_use import FairUse, Step
from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.catalog.tariffs import TariffBook, TariffTerms, tariff_book
from core.catalog.withdraw_tariff import withdraw_tariff
from core.errors import (
    AliasTaken,
    DatesOverlap,
    InvalidDay,
    InvalidName,
    KeyReused,
    NotFound,
    NotPossibleNow,
    PriceNotPositive,
)
from core.money import Money
from tests.town import count

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
HOME = {
    "code": "HOME2",
    "alias": 1,
    "name_en": "Home 2 Mbit",
    "name_ar": "منزلي ٢",
    "pay": "prepaid",
    "billed_on": "anniversary",
}


def ssp(pounds):
    return Money.of(pounds, "SSP")


def usd(dollars):
    return Money.of(dollars, "USD")


GB = 10**9
PACKS = (DataPack(GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))


def terms(**changed):
    return NewTerms(**{"down_kbps": 2048, "up_kbps": 512, "price": ssp(45_000)} | changed)


def opened(parts, **changed):
    with parts.db.transaction() as tx:
        return open_tariff(tx, **HOME | changed)


def set_version(parts, valid_from, now=NOW, staff_id=None, code="HOME2", **changed):
    with parts.db.transaction() as tx:
        return set_tariff_version(
            tx, code=code, terms=terms(**changed), valid_from=valid_from, staff_id=staff_id, now=now
        )


def book_of(parts):
    with parts.db.reading() as connection:
        return tariff_book(connection)


def test_a_tariff_is_opened_once_and_found_again(parts):
    first = opened(parts)
    assert opened(parts) == first
    assert opened(parts, name_en="  Home   2 Mbit ") == first
    assert count(parts, "tariff") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"pay": "postpaid"},
        {"billed_on": "first_of_month"},
        {"reconnect": "keep_day"},
        {"product_class": "service"},
        {"alias": 2},
        {"name_ar": "مكتبي"},
    ],
)
def test_a_code_never_stands_for_other_terms(parts, other):
    opened(parts)
    with pytest.raises(KeyReused):
        opened(parts, **other)


def test_the_number_people_press_belongs_to_one_tariff_for_ever(parts):
    opened(parts)
    with pytest.raises(AliasTaken) as refused:
        opened(parts, code="OFFICE")
    assert refused.value.alias == 1
    with parts.db.transaction() as tx:
        withdraw_tariff(tx, code="HOME2", on_day=TODAY, now=NOW)
    with pytest.raises(AliasTaken):
        opened(parts, code="OFFICE")


@pytest.mark.parametrize("alias", [-1, 0, 90, 98, 1000])
def test_no_tariff_hides_behind_a_key_of_the_menus(parts, alias):
    with pytest.raises(AliasTaken):
        opened(parts, alias=alias)
    with pytest.raises(DBAPIError, match="alias_dialable"), parts.db.transaction() as tx:
        tx.execute(
            text("""INSERT INTO tariff (code, alias, name_en, name_ar, pay, billed_on, reconnect, product_class)
                    VALUES ('X', :alias, 'X', 'X', 'prepaid', 'anniversary', 'new_day', 'telecom')"""),
            {"alias": alias},
        )


@pytest.mark.parametrize("typed", ["", "   ", "x" * 41, "Home\x002", "Home\u202e2"])
def test_a_tariff_has_names_that_can_be_read(parts, typed):
    for what in ("code", "name_en", "name_ar"):
        with pytest.raises(InvalidName):
            opened(parts, **{what: typed})
    assert count(parts, "tariff") == 0


@pytest.mark.parametrize("what", ["pay", "billed_on", "reconnect", "product_class"])
def test_an_unknown_word_is_refused(parts, what):
    with pytest.raises(NotPossibleNow) as refused:
        opened(parts, **{what: "sometimes"})
    assert (refused.value.what, refused.value.state) == (what, "sometimes")


def test_two_who_open_tariffs_under_one_number_at_once_get_one(parts):
    outcomes = []
    together = threading.Barrier(4)

    def open_one(code):
        together.wait(timeout=10)
        try:
            opened(parts, code=code)
            outcomes.append("done")
        except AliasTaken:
            outcomes.append("refused")

    threads = [threading.Thread(target=open_one, args=(f"HOME{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]


def test_prepaid_has_no_price_for_what_goes_beyond_its_data(parts, town):
    opened(parts, pay="prepaid")
    with pytest.raises(NotPossibleNow):
        set_version(parts, date(2026, 11, 1), data_bytes=10**9, overage=ssp(500))


def test_a_version_holds_all_its_terms(parts, town):
    tariff_id = opened(parts, pay="postpaid")
    everything = {
        "data_bytes": 50 * 10**9,
        "fair_use": FairUse((Step("billing", 40 * 10**9, 256, 256), Step("day", 10**9, 512, 512)), 22, 6),
        "burst_down_kbps": 4096,
        "burst_up_kbps": 512,
        "price": usd("29.50"),
        "set_up": usd(50),
        "deposit": usd(20),
        "rental": usd(5),
        "overage": usd("0.75"),
        "due_days": 21,
        "dunning": "patient",
        "packs": (),
    }
    version_id = set_version(parts, TODAY, staff_id=town.staff["mary"], **everything)
    found = book_of(parts).version(tariff_id, TODAY)
    assert found.version_id == version_id
    assert {what: getattr(found, what) for what in everything} == everything
    assert count(parts, "tariff_version", "made_by = :mary AND made_at = :now", mary=town.staff["mary"], now=NOW) == 1


@pytest.mark.parametrize(
    "slows", [{"data_bytes": 10 * GB}, {"fair_use": FairUse((Step("day", GB, 256, 256),))}], ids=["cap", "fair use"]
)
def test_packs_are_sold_where_data_ends(parts, slows):
    tariff_id = opened(parts)
    set_version(parts, TODAY, packs=PACKS, **slows)
    assert book_of(parts).version(tariff_id, TODAY).packs == PACKS


def test_a_changed_price_begins_on_its_day_and_the_past_keeps_its_own(parts):
    tariff_id = opened(parts)
    set_version(parts, date(2026, 1, 1))
    set_version(parts, TODAY + timedelta(days=30), price=ssp(60_000))
    book = book_of(parts)
    assert book.version(tariff_id, date(2025, 12, 31)) is None
    assert book.version(tariff_id, TODAY).price == ssp(45_000)
    assert book.version(tariff_id, TODAY + timedelta(days=29)).price == ssp(45_000)
    assert book.version(tariff_id, TODAY + timedelta(days=30)).price == ssp(60_000)


def test_a_later_version_may_be_priced_in_another_currency(parts):
    tariff_id = opened(parts)
    set_version(parts, TODAY)
    set_version(parts, TODAY + timedelta(days=1), price=usd(10))
    assert book_of(parts).version(tariff_id, TODAY + timedelta(days=1)).deposit == usd(0)


@pytest.mark.parametrize("days", [0, -1, -400])
def test_versions_never_overlap(parts, days):
    opened(parts)
    set_version(parts, TODAY + timedelta(days=10))
    with pytest.raises(DatesOverlap):
        set_version(parts, TODAY + timedelta(days=10 + days))


def test_only_the_first_version_begins_in_the_past_of_juba(parts):
    opened(parts)
    set_version(parts, date(2026, 1, 1))
    with pytest.raises(InvalidDay):
        set_version(parts, TODAY - timedelta(days=1))
    # 22:30 in London's winter is half past midnight of the next day in Juba.
    with pytest.raises(InvalidDay):
        set_version(parts, TODAY, now=datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    set_version(parts, TODAY, now=datetime(2026, 11, 23, 21, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    "fees",
    [
        {"price": ssp(0)},
        {"price": ssp(-1)},
        {"set_up": ssp(-1)},
        {"deposit": ssp(-1)},
        {"rental": ssp(-1)},
        {"data_bytes": 10**9, "overage": ssp(0)},
        {"data_bytes": 10**9, "overage": ssp(-1)},
    ],
)
def test_a_price_is_above_nothing_and_no_fee_below_it(parts, fees):
    opened(parts)
    with pytest.raises(PriceNotPositive):
        set_version(parts, TODAY, **fees)
    assert count(parts, "tariff_version") == 0


@pytest.mark.parametrize(
    ("nonsense", "state"),
    [
        ({"down_kbps": 0}, "speed"),
        ({"up_kbps": -1}, "speed"),
        ({"down_kbps": 10_000_001}, "speed"),
        ({"data_bytes": 0}, "data"),
        ({"data_bytes": 10**16}, "data"),
        ({"fair_use": FairUse(())}, "fair use"),
        ({"fair_use": FairUse((Step("billing", 0, 64, 64),))}, "fair use"),
        ({"fair_use": FairUse((Step("year", 10**9, 64, 64),))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 0, 64),))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 2048, 64),))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 5_000),))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 64), Step("day", 2 * 10**9, 128, 64)))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 64), Step("day", 10**9, 32, 64)))}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 64),), 22, None)}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 64),), 6, 6)}, "fair use"),
        ({"fair_use": FairUse((Step("day", 10**9, 64, 64),), 22, 24)}, "fair use"),
        ({"burst_down_kbps": 4096}, "burst"),
        ({"burst_up_kbps": 4096}, "burst"),
        ({"burst_down_kbps": 1024, "burst_up_kbps": 512}, "burst"),
        ({"burst_down_kbps": 4096, "burst_up_kbps": 511}, "burst"),
        ({"overage": ssp(500)}, "overage"),
        ({"packs": PACKS}, "packs without an end"),
        ({"data_bytes": GB, "overage": ssp(500), "packs": PACKS}, "packs without an end"),
        ({"data_bytes": GB, "packs": PACKS[::-1]}, "packs"),
        ({"data_bytes": GB, "packs": (DataPack(0, ssp(5)),)}, "packs"),
        ({"data_bytes": GB, "packs": (DataPack(GB, ssp(0)),)}, "packs"),
        ({"data_bytes": GB, "packs": (DataPack(GB, ssp(5)), DataPack(2 * GB, ssp(5)))}, "packs"),
        ({"data_bytes": GB, "packs": tuple(DataPack(n * GB, ssp(n)) for n in range(1, 7))}, "packs"),
        ({"data_bytes": GB, "packs": (DataPack(GB, usd(1)),)}, "two currencies"),
        ({"due_days": -1}, "due days"),
        ({"due_days": 91}, "due days"),
        ({"price": Money.of(5, "EUR")}, "currency"),
        ({"price": usd(30), "set_up": ssp(5)}, "two currencies"),
        ({"data_bytes": 10**9, "overage": usd(1)}, "two currencies"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(parts, nonsense, state):
    opened(parts)
    with pytest.raises(NotPossibleNow) as refused:
        set_version(parts, TODAY, **nonsense)
    assert refused.value.state == state
    assert count(parts, "tariff_version") == 0


def test_a_version_is_of_a_tariff_and_a_schedule_that_are_there(parts):
    with pytest.raises(NotFound) as refused:
        set_version(parts, TODAY)
    assert refused.value.what == "tariff"
    opened(parts)
    with pytest.raises(NotFound) as refused:
        set_version(parts, TODAY, dunning="ruthless")
    assert refused.value.what == "dunning schedule"


def test_of_two_who_set_a_version_at_once_one_is_told_of_the_other(parts):
    opened(parts)
    outcomes = []
    together = threading.Barrier(2)

    def change(pounds):
        together.wait(timeout=10)
        try:
            set_version(parts, TODAY, price=ssp(pounds))
            outcomes.append("done")
        except DatesOverlap:
            outcomes.append("refused")

    threads = [threading.Thread(target=change, args=(pounds,)) for pounds in (50_000, 60_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done", "refused"]
    assert count(parts, "tariff_version") == 1


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE tariff_version SET price_minor = 1", "never changed"),
        ("DELETE FROM tariff_version", "never changed"),
        ("TRUNCATE tariff_version CASCADE", "never changed"),
        ("INSERT INTO tariff_version {again}", "one_per_day"),
        ("INSERT INTO tariff_version {again} price_minor = 0", "price_positive"),
        ("INSERT INTO tariff_version {again} rental_minor = -1", "no_negatives"),
        ("INSERT INTO tariff_version {again} overage_minor = 1", "overage_of_an_allowance"),
        ("INSERT INTO tariff_version {again} dunning = 'ruthless'", "fk_tariff_version_dunning"),
    ],
)
def test_the_database_refuses_what_the_code_never_does(parts, statement, why):
    opened(parts)
    set_version(parts, TODAY)
    before, _, changed = statement.partition("{again}")
    if "{again}" in statement:
        column, _, value = changed.strip().partition(" = ")
        with parts.db.reading() as connection:
            names = connection.execute(
                text("""SELECT column_name FROM information_schema.columns
                        WHERE table_name = 'tariff_version' AND column_name <> 'id'""")
            ).scalars()
            columns = {name: name for name in names} | (
                {column: value, "valid_from": "DATE '2030-01-01'"} if column else {}
            )
        statement = f"{before} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM tariff_version"
    with pytest.raises(DBAPIError, match=why), parts.db.transaction() as tx:
        tx.execute(text(statement))
    assert count(parts, "tariff_version", "price_minor = 4500000") == 1


def test_a_withdrawn_tariff_is_joined_by_nobody_from_that_day_on(parts):
    opened(parts)
    set_version(parts, TODAY)
    last_day = TODAY + timedelta(days=6)
    with parts.db.transaction() as tx:
        withdraw_tariff(tx, code="HOME2", on_day=last_day + timedelta(days=1), now=NOW)
    book = book_of(parts)
    assert [tariff.code for tariff in book.on_sale(last_day)] == ["HOME2"]
    assert book.on_sale(last_day + timedelta(days=1)) == []


def test_a_withdrawal_to_come_may_be_moved_and_one_that_came_stays(parts):
    opened(parts)

    def withdraw(on_day, now=NOW, code="HOME2"):
        with parts.db.transaction() as tx:
            withdraw_tariff(tx, code=code, on_day=on_day, now=now)

    with pytest.raises(InvalidDay):
        withdraw(TODAY - timedelta(days=1))
    withdraw(TODAY + timedelta(days=5))
    withdraw(TODAY + timedelta(days=3))
    withdraw(TODAY + timedelta(days=3))
    later = NOW + timedelta(days=3)
    withdraw(TODAY + timedelta(days=3), now=later)
    with pytest.raises(NotPossibleNow):
        withdraw(TODAY + timedelta(days=9), now=later)
    with pytest.raises(NotFound):
        withdraw(TODAY, code="KIDEN")
    assert count(parts, "tariff", "withdrawn_on = DATE '2026-11-26'") == 1


def version_of(tariff_id, valid_from):
    nothing = Money(0, "SSP")
    return TariffTerms(
        version_id=valid_from.toordinal(),
        tariff_id=tariff_id,
        code="T",
        alias=1,
        name_en="T",
        name_ar="T",
        pay="prepaid",
        billed_on="anniversary",
        reconnect="new_day",
        product_class="telecom",
        valid_from=valid_from,
        withdrawn_on=None,
        data_bytes=None,
        fair_use=None,
        down_kbps=1,
        up_kbps=1,
        burst_down_kbps=None,
        burst_up_kbps=None,
        price=Money(1, "SSP"),
        set_up=nothing,
        deposit=nothing,
        rental=nothing,
        overage=None,
        due_days=0,
        dunning="standard",
    )


near_days = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(days=st.dictionaries(st.integers(1, 3), st.sets(near_days)), tariff=st.integers(1, 4), asked=near_days)
def test_the_version_in_force_is_the_last_that_has_begun(days, tariff, asked):
    versions = [version_of(number, day) for number, begins in days.items() for day in sorted(begins)]
    book = TariffBook(versions)
    begun = [version for version in versions if version.tariff_id == tariff and version.valid_from <= asked]
    assert book.version(tariff, asked) == max(begun, key=lambda version: version.valid_from, default=None)
    assert book.on_sale(asked) == [found for number in days if (found := book.version(number, asked))]
