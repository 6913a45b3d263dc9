"""Shifts: a float counted in, receipts, a count at the end, and what is over or short."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.cash.own_shift import drawer_of
from core.cash.shift_views import collected, differences, moves_of, own_open_shift, receipts_of, shifts_between
from core.days import juba_day
from core.errors import (
    AmountOutOfRange,
    CountDiffers,
    DrawerBusy,
    DrawerFull,
    DrawerShort,
    KeyReused,
    NoShiftOpen,
    NotAllowed,
    NotFound,
    NotPossibleNow,
    ShiftOpen,
)
from tests.core.cash.tills import Tills, ssp
from tests.town import count, snapshot


def test_a_day_at_the_counter_from_the_float_to_the_count(tills: Tills) -> None:
    tills.opens("mary", "safe", counted=50_000, why="what lay there before the books")
    tills.closes("mary", 1, 50_000)
    shift = tills.opens("rose", counted=5_000, brought=5_000)
    assert (tills.holds("safe"), tills.holds("counter")) == (ssp(45_000), ssp(5_000))
    tills.takes("rose", 1_500)
    tills.takes("rose", 700, tills.town.deng)
    done = tills.closes("rose", shift, 7_200)
    assert (done.expected, done.over, done.again) == (ssp(7_200), ssp(0), False)
    assert tills.holds("counter") == ssp(7_200)
    receipts = tills.rows("SELECT shift_id, drawer_number FROM receipt ORDER BY id")
    assert [tuple(row) for row in receipts] == [(shift, 1), (shift, 2)]
    tills.agrees()


def test_a_float_that_is_not_what_the_books_say_is_asked_about_then_posted_with_its_reason(tills: Tills) -> None:
    before = snapshot(tills.parts)
    with pytest.raises(CountDiffers) as refused:
        tills.opens("rose", counted=300)
    assert (refused.value.books, refused.value.counted) == (ssp(0), ssp(300))
    assert snapshot(tills.parts, besides=["ledger_account"]) == {
        name: figure for name, figure in before.items() if name != "ledger_account"
    }
    shift = tills.opens("rose", counted=300, why="found under the tray")
    assert tills.holds("counter") == ssp(300)
    assert tills.stands("over_short") == ssp(300)
    assert (
        tills.one("SELECT opening_why FROM cash_shift WHERE id = :id", id=shift).opening_why == "found under the tray"
    )
    tills.agrees()


@pytest.mark.parametrize(("counted", "over"), [(900, -100), (1_250, 250)])
def test_a_count_that_differs_is_counted_again_or_explained(tills: Tills, counted: int, over: int) -> None:
    shift = tills.opens("rose")
    tills.takes("rose", 1_000)
    with pytest.raises(CountDiffers):
        tills.closes("rose", shift, counted)
    with pytest.raises(CountDiffers):
        tills.closes("rose", shift, counted, why="   ")
    assert tills.closes("rose", shift, counted, why="change given wrong").over == ssp(over)
    assert tills.holds("counter") == ssp(counted)
    assert tills.stands("over_short") == ssp(over)
    today = juba_day(tills.now)
    with tills.parts.db.reading() as connection:
        (one,) = differences(connection, today, today, "SSP")
        assert (one.name, one.over - one.short) == ("Rose", ssp(over))
        (collector,) = collected(connection, today, today, "SSP")
        assert (collector.name, collector.receipts, collector.taken) == ("Rose", 1, ssp(1_000))
    tills.agrees()


def test_one_drawer_has_one_shift_and_one_person_too(tills: Tills) -> None:
    tills.makes("second")
    tills.opens("rose")
    with pytest.raises(DrawerBusy) as busy:
        tills.opens("lado")
    assert (busy.value.drawer, busy.value.person) == ("The counter", "Rose")
    with pytest.raises(ShiftOpen) as other:
        tills.opens("rose", "second")
    assert other.value.drawer == "The counter"
    tills.agrees()


def test_a_drawer_that_somebody_holds_is_opened_by_nobody_else(tills: Tills) -> None:
    tills.makes("bag", "field", holder="lado")
    with pytest.raises(DrawerBusy) as busy:
        tills.opens("rose", "bag")
    assert busy.value.person == "Lado"
    tills.opens("lado", "bag")
    tills.takes("lado", 500)
    assert tills.holds("bag") == ssp(500)


def test_the_same_form_opens_one_shift_and_other_contents_are_refused(tills: Tills) -> None:
    first = tills.opens("rose", key="form")
    assert tills.opens("rose", key="form") == first
    with pytest.raises(KeyReused):
        tills.opens("rose", counted=5, key="form")
    for pounds in (-1, 10_000_001):
        with pytest.raises(AmountOutOfRange):
            tills.opens("lado", counted=pounds, why="x")
    with pytest.raises(NotFound):
        tills.closes("rose", 999, 0)


def test_a_float_comes_from_a_safe_that_holds_it(tills: Tills) -> None:
    with pytest.raises(DrawerShort) as short:
        tills.opens("rose", counted=100, brought=100)
    assert short.value.holds == ssp(0)
    assert count(tills.parts, "cash_shift") == count(tills.parts, "cash_move") == 0
    with pytest.raises(NotPossibleNow):
        tills.opens("mary", "safe", counted=100, brought=100)


def test_closing_twice_with_the_same_count_is_once_and_with_another_is_refused(tills: Tills) -> None:
    shift = tills.opens("rose")
    tills.closes("rose", shift, 0)
    before = snapshot(tills.parts)
    assert tills.closes("rose", shift, 0).again
    with pytest.raises(NotPossibleNow):
        tills.closes("rose", shift, 10, why="late")
    assert snapshot(tills.parts) == before


def test_somebody_elses_shift_is_closed_by_a_manager_and_by_nobody_else(tills: Tills) -> None:
    shift = tills.opens("rose")
    tills.takes("rose", 400)
    with pytest.raises(NotAllowed):
        tills.closes("lado", shift, 400)
    tills.closes("mary", shift, 390, why="she fell ill")
    row = tills.one("SELECT closed_by, staff_id FROM cash_shift WHERE id = :id", id=shift)
    assert (row.closed_by, row.staff_id) == (tills.town.staff["mary"], tills.town.staff["rose"])
    today = juba_day(tills.now)
    with tills.parts.db.reading() as connection:
        (one,) = differences(connection, today, today, "SSP")
    assert (one.name, one.short) == ("Rose", ssp(10))  # it is hers all the same
    tills.agrees()


def test_who_never_opened_a_shift_gets_one_and_a_drawer_of_their_own(tills: Tills) -> None:
    receipt = tills.takes("rose", 1_000)
    code = tills.drawer_with("rose")
    assert code == f"staff-{tills.town.staff['rose']}"
    assert tills.holds(code) == ssp(1_000)
    tills.takes("rose", 500)
    assert count(tills.parts, "cash_shift") == 1
    tills.closes("rose", tills.one("SELECT id FROM cash_shift").id, 1_500)
    tills.takes("rose", 200)  # the next day: the same drawer, with what was left in it
    assert tills.holds(code) == ssp(1_700)
    assert tills.one("SELECT opening_minor FROM cash_shift WHERE closed_at IS NULL").opening_minor == 150_000
    assert receipt
    tills.agrees()


def test_who_holds_a_drawer_gets_the_shift_there(tills: Tills) -> None:
    tills.makes("bag", "field", holder="lado")
    tills.takes("lado", 300)
    assert tills.drawer_with("lado") == "bag"
    assert count(tills.parts, "cash_drawer", "code LIKE 'staff-%'") == 0


def test_the_same_form_after_the_shift_was_closed_is_the_first_receipt(tills: Tills) -> None:
    shift = tills.opens("rose")
    receipt = tills.takes("rose", 300, key="form")
    tills.closes("rose", shift, 300)
    before = snapshot(tills.parts)
    assert tills.takes("rose", 300, key="form") == receipt
    assert snapshot(tills.parts) == before


def test_an_agents_bag_takes_no_more_than_its_limit(tills: Tills) -> None:
    tills.makes("bag", "field", holder="lado", limit=1_000)
    tills.takes("lado", 600)
    before = snapshot(tills.parts)
    with pytest.raises(DrawerFull) as full:
        tills.takes("lado", 401)
    assert (full.value.limit, full.value.holds) == (ssp(1_000), ssp(600))
    assert snapshot(tills.parts) == before
    tills.takes("lado", 400)
    tills.moves("lado", "bag", "counter", 1_000)
    tills.takes("lado", 1_000)
    tills.agrees()


def test_notes_are_handed_out_of_an_open_drawer_that_holds_them(tills: Tills) -> None:
    rose = tills.town.staff["rose"]
    with pytest.raises(NoShiftOpen):
        tills.does(drawer_of, staff_id=rose, amount=ssp(1))
    tills.opens("rose")
    tills.takes("rose", 100)
    assert tills.does(drawer_of, staff_id=rose, amount=ssp(100)) == "cash:counter"
    with pytest.raises(DrawerShort):
        tills.does(drawer_of, staff_id=rose, amount=ssp(101))


def test_a_shift_tells_its_receipts_and_what_was_moved(tills: Tills) -> None:
    tills.opens("rose")
    receipt = tills.takes("rose", 900)
    tills.moves("rose", "counter", "safe", 400)
    today = juba_day(tills.now)
    with tills.parts.db.reading() as connection:
        own = own_open_shift(connection, tills.town.staff["rose"])
        assert own is not None
        assert (own.holds, own.taken, own.receipts, own.over) == (ssp(500), ssp(900), 1, None)
        (one,) = receipts_of(connection, own)
        assert (one.number, one.drawer_number, one.voided) == (receipt, "COUNTER-000001", False)
        (move,) = moves_of(connection, own)
        assert (move.kind, move.came, move.amount, move.other) == ("moved", False, ssp(400), "The safe")
        assert [row.shift_id for row in shifts_between(connection, today, today)] == [own.shift_id]
        assert own_open_shift(connection, tills.town.staff["lado"]) is None


def test_two_cashiers_never_wait_for_each_other(tills: Tills) -> None:
    with tills.parts.db.engine.connect() as connection, connection.begin():
        tills.opens("lado")
        drawer = tills.drawer("counter")
        connection.execute(text("SELECT 1 FROM cash_drawer WHERE id = :id FOR UPDATE"), {"id": drawer})
        tills.takes("rose", 100)  # Lado's drawer is locked the whole time
    tills.agrees()


def test_eight_forms_of_two_people_without_a_shift_open_one_each(tills: Tills) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: tills.takes(("rose", "lado")[at % 2], 100, key=f"form-{at}"), range(16)))
    assert count(tills.parts, "cash_shift") == 2
    numbers = tills.rows("SELECT drawer_id, drawer_number FROM receipt ORDER BY drawer_id, drawer_number")
    assert [row.drawer_number for row in numbers] == [*range(1, 9), *range(1, 9)]
    tills.agrees()


def test_of_two_who_open_one_drawer_at_once_one_does(tills: Tills) -> None:
    def opens(who: str) -> str:
        try:
            tills.opens(who)
        except DrawerBusy:
            return "busy"
        return "open"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(opens, ("rose", "lado"))) == ["busy", "open"]
    tills.agrees()


def test_one_person_at_two_drawers_at_once_gets_one(tills: Tills) -> None:
    tills.makes("second")

    def opens(drawer: str) -> str:
        try:
            tills.opens("rose", drawer)
        except ShiftOpen:
            return "stands"
        return "open"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(opens, ("counter", "second"))) == ["open", "stands"]


def test_cash_taken_while_the_shift_closes_lies_in_it_or_in_the_next(tills: Tills) -> None:
    for _round in range(6):
        shift = tills.one("SELECT max(id) AS id FROM cash_shift WHERE closed_at IS NULL").id or tills.opens(
            "rose", counted=int(tills.holds("counter").major)
        )
        closed = threading.Event()

        def close(shift: int = shift, closed: threading.Event = closed) -> None:
            while not closed.is_set():
                try:
                    tills.closes("rose", shift, int(tills.holds("counter").major))
                except CountDiffers:
                    continue
                closed.set()

        with ThreadPoolExecutor(4) as pool:
            taking = [pool.submit(tills.takes, "rose", 100) for _ in range(3)]
            pool.submit(close).result()
            for one in taking:
                one.result()
        tills.agrees()
        for row in tills.rows("SELECT id, drawer_id FROM cash_shift WHERE closed_at IS NULL"):
            code = tills.one("SELECT code FROM cash_drawer WHERE id = :id", id=row.drawer_id).code
            tills.closes("rose", row.id, int(tills.holds(code).major))
    tills.agrees()


@pytest.mark.parametrize(
    "around",
    [
        "UPDATE cash_drawer SET next_number = next_number + 2",
        "UPDATE cash_drawer SET code = 'other'",
        "UPDATE cash_shift SET opening_minor = opening_minor + 1 WHERE closed_at IS NULL",
        "UPDATE cash_shift SET counted_minor = 0 WHERE closed_at IS NOT NULL",
        "DELETE FROM cash_shift",
        "UPDATE cash_move SET amount_minor = 1",
        "DELETE FROM cash_move",
        "UPDATE cash_shift SET closed_at = now() WHERE closed_at IS NULL",
        (
            "UPDATE cash_shift SET closed_at = now(), closed_by = staff_id, closed_mark = 0, expected_minor = 5,"
            " counted_minor = 4 WHERE closed_at IS NULL"
        ),
        (
            "INSERT INTO cash_shift (request_key, drawer_id, staff_id, opened_at, opening_minor, opened_mark)"
            " SELECT 'x', drawer_id, staff_id, now(), 0, 0 FROM cash_shift WHERE closed_at IS NULL"
        ),
        (
            "INSERT INTO receipt (number, customer_id, entry_id, provider, provider_reference, amount_minor, currency,"
            " staff_id, received_at, shift_id, drawer_id, drawer_number) SELECT '9', r.customer_id, m.entry_id, 'cash', 'x',"
            " 1, 'SSP', r.staff_id, now(), r.shift_id, r.drawer_id, 7 FROM receipt r, cash_move m"
        ),
        (
            "INSERT INTO receipt (number, customer_id, entry_id, provider, provider_reference, amount_minor, currency,"
            " staff_id, received_at, shift_id, drawer_id, drawer_number) SELECT '9', r.customer_id, m.entry_id, 'cash', 'x',"
            " 1, 'SSP', r.staff_id, now(), s.id, s.drawer_id, 1 FROM receipt r, cash_move m, cash_shift s"
            " WHERE s.closed_at IS NOT NULL"
        ),
    ],
)
def test_the_database_refuses_what_the_code_never_does(tills: Tills, around: str) -> None:
    tills.closes("mary", tills.opens("mary", "safe"), 0)
    tills.opens("rose")
    tills.takes("rose", 100)
    tills.moves("rose", "counter", "safe", 40)
    with pytest.raises(DBAPIError), tills.parts.db.transaction() as tx:
        tx.execute(text(around))
    tills.agrees()
