"""Notes handed over, taken to the bank and brought from it: never more than there is, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from core.cash.change_drawer import change_drawer, close_drawer
from core.cash.drawer_views import banks, drawer, drawers, people
from core.errors import (
    AmountOutOfRange,
    CodeTaken,
    DrawerFull,
    DrawerNotEmpty,
    DrawerShort,
    InvalidName,
    KeyReused,
    NotAllowed,
    NotFound,
    NotPossibleNow,
    SlipMissing,
)
from tests.core.cash.tills import Tills, ssp
from tests.town import count, snapshot


def test_an_agents_notes_go_to_the_counter_the_safe_and_the_bank(tills: Tills) -> None:
    tills.makes("bag", "field", holder="lado")
    tills.takes("lado", 3_000)
    tills.moves("lado", "bag", "counter", 2_500)
    tills.moves("mary", "counter", "safe", 2_500)
    tills.banks("mary", "safe", 2_000, slip=" 0099/26 ")
    assert [tills.holds(code) for code in ("bag", "counter", "safe")] == [ssp(500), ssp(0), ssp(500)]
    assert tills.stands("transit:equity") == ssp(-2_000)
    move = tills.one("SELECT * FROM cash_move WHERE kind = 'banked'")
    assert (move.slip, move.bank_code, move.amount_minor) == ("0099/26", "equity", 200_000)
    tills.agrees()


def test_notes_brought_from_the_bank_lie_in_the_safe(tills: Tills) -> None:
    tills.brings("mary", "safe", 5_000, slip="cheque 12")
    assert tills.holds("safe") == ssp(5_000)
    assert tills.stands("transit:equity") == ssp(5_000)
    tills.agrees()


def test_nothing_leaves_a_drawer_that_is_not_in_it(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 100)
    before = snapshot(tills.parts)
    with pytest.raises(DrawerShort):
        tills.moves("rose", "counter", "safe", 101)
    with pytest.raises(DrawerShort):
        tills.banks("rose", "counter", 101)
    with pytest.raises(AmountOutOfRange):
        tills.moves("rose", "counter", "safe", 0)
    assert snapshot(tills.parts, besides=["ledger_account"]) == {
        name: figure for name, figure in before.items() if name != "ledger_account"
    }


def test_a_drawer_takes_no_more_than_it_may_hold(tills: Tills) -> None:
    tills.makes("tin", limit=150)
    tills.opens("rose")
    tills.takes("rose", 500)
    with pytest.raises(DrawerFull):
        tills.moves("rose", "counter", "tin", 151)
    tills.makes("small", limit=100)
    with pytest.raises(DrawerFull):
        tills.brings("mary", "small", 101)


def test_only_ones_own_drawer_is_emptied_unless_one_looks_after_all(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 500)
    for who in ("lado", "gatluak"):
        with pytest.raises(NotAllowed):
            tills.moves(who, "counter", "safe", 100)
        with pytest.raises(NotAllowed):
            tills.banks(who, "counter", 100)
    tills.moves("mary", "counter", "safe", 100)
    assert tills.holds("safe") == ssp(100)


def test_a_form_moves_its_notes_once(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 1_000)
    assert not tills.moves("rose", "counter", "safe", 100, key="move").again
    assert not tills.banks("rose", "counter", 100, key="bank").again
    before = snapshot(tills.parts)
    assert tills.moves("rose", "counter", "safe", 100, key="move").again
    assert tills.banks("rose", "counter", 100, key="bank").again
    with pytest.raises(KeyReused):
        tills.moves("rose", "counter", "safe", 101, key="move")
    with pytest.raises(KeyReused):
        tills.banks("rose", "counter", 101, key="bank")
    with pytest.raises(KeyReused):
        tills.moves("rose", "counter", "safe", 100, key="bank")
    assert snapshot(tills.parts) == before


def test_the_bank_is_one_of_ours_and_its_slip_is_kept(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 1_000)
    with pytest.raises(SlipMissing):
        tills.banks("rose", "counter", 100, slip="  ")
    with tills.parts.db.transaction() as tx:
        tx.execute(text("UPDATE money_account SET closed_at = now() WHERE code = 'equity'"))
    with pytest.raises(NotFound):
        tills.banks("rose", "counter", 100)
    with tills.parts.db.reading() as connection:
        assert banks(connection) == []


def test_the_last_notes_leave_once_whoever_is_first(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 100)

    def hand_over(_at: int) -> str:
        try:
            tills.moves("mary", "counter", "safe", 100)
        except DrawerShort:
            return "short"
        return "moved"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(hand_over, range(6))) == ["moved", *["short"] * 5]
    tills.agrees()


def test_notes_that_cross_between_two_drawers_do_not_block_for_ever(tills: Tills) -> None:
    tills.makes("second")
    tills.opens("rose")
    tills.takes("rose", 2_000)
    tills.moves("rose", "counter", "second", 1_000)
    ways = [("counter", "second"), ("second", "counter")] * 6
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda way: tills.moves("mary", *way, 10), ways))
    assert tills.holds("counter") + tills.holds("second") == ssp(2_000)
    tills.agrees()


def change(tills: Tills, code: str, **values: Any) -> None:
    with tills.parts.db.reading() as connection:
        now = drawer(connection, code)
    tills.does(
        change_drawer,
        drawer_id=now.drawer_id,
        **({"name": now.name, "holder_id": now.holder_id, "limit": now.limit} | values),
    )


def test_a_drawer_gets_another_name_holder_and_limit(tills: Tills) -> None:
    tills.makes("bag", "field")
    change(tills, "bag", name="Lado's bag", holder_id=tills.town.staff["lado"], limit=ssp(2_000))
    with tills.parts.db.reading() as connection:
        now = drawer(connection, "bag")
        assert (now.name, now.holder, now.limit) == ("Lado's bag", "Lado", ssp(2_000))
        assert {one.code for one in drawers(connection)} == {"safe", "counter", "bag"}
        assert "Rose" in dict(people(connection)).values()
        assert "Gatluak" not in dict(people(connection)).values()
    with pytest.raises(InvalidName):
        change(tills, "bag", name=" ")
    with pytest.raises(NotPossibleNow):
        change(tills, "bag", limit=ssp(0))


def test_a_limit_lowered_below_what_lies_in_it_lets_notes_only_out(tills: Tills) -> None:
    tills.opens("rose")
    tills.takes("rose", 500)
    change(tills, "counter", limit=ssp(300))
    with tills.parts.db.reading() as connection:
        assert drawer(connection, "counter").is_over
    with pytest.raises(DrawerFull):
        tills.takes("rose", 1)
    tills.moves("rose", "counter", "safe", 400)
    tills.takes("rose", 200)


def test_a_drawer_is_closed_empty_and_without_a_shift_and_stays_closed(tills: Tills) -> None:
    tills.makes("bag")
    shift = tills.opens("rose", "bag")
    with pytest.raises(NotPossibleNow):
        tills.does(close_drawer, drawer_id=tills.drawer("bag"), now=tills.now)
    tills.takes("rose", 50)
    tills.closes("rose", shift, 50)
    with pytest.raises(DrawerNotEmpty) as full:
        tills.does(close_drawer, drawer_id=tills.drawer("bag"), now=tills.now)
    assert full.value.holds == ssp(50)
    tills.moves("mary", "bag", "safe", 50)
    for _again in range(2):
        tills.does(close_drawer, drawer_id=tills.drawer("bag"), now=tills.now)
    for deed in (
        lambda: tills.opens("rose", "bag"),
        lambda: tills.moves("mary", "safe", "bag", 10),
        lambda: change(tills, "bag", name="again"),
    ):
        with pytest.raises(NotPossibleNow):
            deed()
    with pytest.raises(CodeTaken):
        tills.makes("bag")
    tills.agrees()


@pytest.mark.parametrize("code", ["", "Bag", "-x", "a b", "x" * 21, "é"])
def test_a_code_is_plain(tills: Tills, code: str) -> None:
    with pytest.raises(InvalidName):
        tills.makes(code)
    assert count(tills.parts, "cash_drawer") == 2


def test_a_drawer_is_of_a_kind_we_know(tills: Tills) -> None:
    with pytest.raises(NotPossibleNow):
        tills.makes("bag", "pocket")
    with tills.parts.db.reading() as connection, pytest.raises(NotFound):
        drawer(connection, "nowhere")
    with pytest.raises(NotFound):
        tills.does(close_drawer, drawer_id=99_999, now=tills.now)
