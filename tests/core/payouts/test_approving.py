"""Who may let money leave, how much alone, and what nobody may: each limit, race and guard."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.cash.own_shift import drawer_of
from core.errors import (
    AmountOutOfRange,
    InsufficientBalance,
    KeyReused,
    NotAllowed,
    NotFound,
    NotMomoPhone,
    NotPossibleNow,
    ReasonMissing,
    ReferenceUsed,
    SecondPersonNeeded,
)
from core.integrity import all_faults
from core.money import Money
from core.parts import Parts
from core.payouts.approve_payout import approve_payout
from core.payouts.ask_payout import Way, ask_payout, by_momo
from core.payouts.cancel_payout import cancel_payout
from core.payouts.hand_out_cash import hand_out_cash
from core.payouts.limits import PAYOUT_MOST
from core.payouts.settle_payout_by_hand import settle_payout_by_hand
from core.payouts.states import MOVES
from core.statements.accounts import AccountWords, NewAccount, open_money_account
from tests.core.payouts.paying import SEEN, Paying, ssp
from tests.town import ZAIN_CALLER, count


@pytest.fixture
def rich(paying: Paying) -> Paying:
    """Achol has a million."""
    paying.town.give(paying.town.achol, 1_000_000)
    return paying


def cancels(paying: Paying, payout_id: int, by: str) -> None:
    paying.does(cancel_payout, payout_id=payout_id, now=paying.now, **paying.who(by))


def sent_by_hand(
    paying: Paying, payout_id: int, outcome: str = "paid", reference: str = "TX-1", account: str = "bank:eco"
) -> None:
    paying.does(
        settle_payout_by_hand,
        payout_id=payout_id,
        outcome=outcome,
        provider_reference=reference,
        evidence=SEEN,
        staff_id=paying.town.staff["mary"],
        now=paying.now,
        paid_from=account,
    )


def test_within_the_limit_of_the_role_one_person_is_enough(rich: Paying) -> None:
    own = rich.asks(200_000, by="mary")
    assert rich.state(own.payout_id) == "waiting"
    assert rich.approves(own.payout_id, by="mary") == "approved"
    assert rich.stands("payout:held") == ssp(200_000)


def test_above_it_a_second_person_with_the_permission_approves(rich: Paying) -> None:
    asked = rich.asks(200_001, by="mary").payout_id
    with pytest.raises(SecondPersonNeeded):
        rich.approves(asked, by="mary")
    with pytest.raises(NotAllowed):
        rich.approves(asked, by="rose")
    assert rich.stands("payout:held") == ssp(0)
    assert rich.approves(asked, by="rebecca") == "approved"
    payout = rich.payout(asked)
    assert (payout.asked_by, payout.approved_by) == (rich.town.staff["mary"], rich.town.staff["rebecca"])


def test_a_cashier_approves_nobodys_but_her_own_small_ones(rich: Paying) -> None:
    small = rich.asks(1_000, by="mary").payout_id
    with pytest.raises(NotAllowed):
        rich.approves(small, by="rose")
    of_rose = rich.asks(1, by="rose").payout_id  # transfers are not for a cashier alone
    with pytest.raises(SecondPersonNeeded):
        rich.approves(of_rose, by="rose")


def test_what_makes_no_sense_is_not_asked_for(rich: Paying) -> None:
    who = {**rich.who("mary"), "now": rich.now, "ids": rich.parts.ids, "customer_id": rich.town.achol.customer_id}
    form = {"way": Way("by_hand"), "source": f"wallet:{rich.town.achol.number}", "reason": "x", **who}
    with pytest.raises(ReasonMissing):
        rich.does(ask_payout, request_key="a", amount=ssp(5), **(form | {"reason": " "}))
    for amount in (Money(99, "SSP"), PAYOUT_MOST + ssp(1)):
        with pytest.raises(AmountOutOfRange):
            rich.does(ask_payout, request_key="a", amount=amount, **form)
    with pytest.raises(NotMomoPhone):
        by_momo("x", ZAIN_CALLER)
    with pytest.raises(AssertionError):
        rich.does(ask_payout, request_key="a", amount=ssp(5), **(form | {"source": "sales:token"}))
    assert count(rich.parts, "payout") == 0
    with pytest.raises(NotFound):
        rich.approves(12345)


def test_a_form_sent_twice_asks_once_and_with_other_contents_is_refused(rich: Paying) -> None:
    first = rich.asks(100, key="form")
    again = rich.asks(100, key="form")
    assert (again.payout_id, again.again) == (first.payout_id, True)
    with pytest.raises(KeyReused):
        rich.asks(101, key="form")
    assert count(rich.parts, "payout") == 1


def test_never_above_what_the_source_holds(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 500)
    first, second = (paying.asks(300).payout_id for _ in range(2))
    paying.approves(first)
    with pytest.raises(InsufficientBalance):
        paying.approves(second)
    assert paying.state(second) == "waiting"
    assert paying.town.balance(paying.town.achol) == ssp(200)


def test_two_approvers_of_one_payout_hold_its_money_once(rich: Paying) -> None:
    asked = rich.asks(300_000, by="rose").payout_id
    together = threading.Barrier(4)

    def approve(by: str) -> bool:
        together.wait()
        try:
            rich.approves(asked, by=by)
        except NotPossibleNow:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(approve, ("mary", "rebecca", "mary", "rebecca"))) == 1
    assert rich.stands("payout:held") == ssp(300_000)
    assert rich.moves(asked) == ["approved"]


def test_one_approves_while_the_other_cancels_and_one_of_them_wins(rich: Paying) -> None:
    for _round in range(5):
        asked = rich.asks(100, by="rose").payout_id
        together = threading.Barrier(2)

        def act(verb: str, payout: int = asked, together: threading.Barrier = together) -> bool:
            together.wait()
            try:
                rich.approves(payout) if verb == "approve" else cancels(rich, payout, "rose")
            except NotPossibleNow:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(act, ("approve", "cancel"))) == 1
        assert len(rich.moves(asked)) == 1


def test_who_asked_takes_it_back_and_others_need_the_permission(rich: Paying) -> None:
    of_mary = rich.asks(100, by="mary").payout_id
    with pytest.raises(NotAllowed):
        cancels(rich, of_mary, "rose")
    cancels(rich, of_mary, "rebecca")
    of_rose = rich.asks(100, by="rose").payout_id
    cancels(rich, of_rose, "rose")
    with pytest.raises(NotPossibleNow):
        cancels(rich, of_rose, "rose")
    with pytest.raises(NotPossibleNow):
        rich.approves(of_rose)
    assert rich.town.balance(rich.town.achol) == ssp(1_000_000)


def test_the_timetable_approves_nothing_that_needs_a_person(rich: Paying) -> None:
    asked = rich.asks(200_001, by="mary").payout_id
    with pytest.raises(SecondPersonNeeded):
        rich.does(approve_payout, payout_id=asked, staff_id=None, role=None, now=rich.now)


def test_what_a_person_sent_leaves_the_account_they_name_under_its_number(rich: Paying) -> None:
    with rich.parts.db.transaction() as tx:
        for code, kind, currency in (("eco", "bank", "SSP"), ("gurush", "wallet", "SSP"), ("usd", "bank", "USD")):
            words = AccountWords(code, "0921000000")
            open_money_account(tx, NewAccount(code, kind, currency, words), now=rich.parts.clock.now())
    first, second = (rich.asks(100).payout_id for _ in range(2))
    with pytest.raises(NotPossibleNow):
        sent_by_hand(rich, first)  # nobody has approved it
    for payout in (first, second):
        rich.approves(payout)
    for no_account_for_it in ("sales:token", "bank:nowhere", "bank:usd"):
        with pytest.raises(NotPossibleNow):
            sent_by_hand(rich, first, account=no_account_for_it)
    sent_by_hand(rich, first)
    assert rich.stands("bank:eco") == ssp(100)
    with pytest.raises(ReferenceUsed):
        sent_by_hand(rich, second)
    sent_by_hand(rich, second, account="ewallet:gurush")  # another house may count the same way
    with pytest.raises(NotPossibleNow):
        sent_by_hand(rich, second, "refused")


def test_what_a_person_could_not_send_comes_back(rich: Paying) -> None:
    payout = rich.asks(100).payout_id
    rich.approves(payout)
    sent_by_hand(rich, payout, "refused")
    assert rich.state(payout) == "refused"
    assert rich.town.balance(rich.town.achol) == ssp(1_000_000)


def test_notes_are_handed_out_once_from_the_drawer_of_whoever_hands_them_out(rich: Paying) -> None:
    payout = rich.asks(100, way=Way("cash")).payout_id

    def hands_out() -> None:
        rich.does(
            hand_out_cash,
            payout_id=payout,
            staff_id=rich.town.staff["mary"],
            drawer_of=drawer_of,
            now=rich.now,
        )

    with pytest.raises(NotPossibleNow):
        hands_out()
    rich.approves(payout)
    drawer = f"cash:staff-{rich.town.staff['mary']}"  # the million lies there
    before = rich.stands(drawer)
    together = threading.Barrier(3)

    def try_to(_number: int) -> bool:
        together.wait()
        try:
            hands_out()
        except NotPossibleNow:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(try_to, range(3))) == 1
    assert rich.stands(drawer) == before + ssp(100)
    assert rich.payout(payout).paid_from == drawer


def go_around(parts: Parts, statement: str) -> None:
    with parts.db.transaction() as tx:
        assert tx.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE payout SET amount_minor = 1", "keeps its terms"),
        ("UPDATE payout SET payee_phone = '+211929999999'", "keeps its terms"),
        ("UPDATE payout SET reference = gen_random_uuid()", "keeps its terms"),
        ("UPDATE payout SET source = 'wallet:1'", "keeps its terms"),
        ("UPDATE payout SET needs_second = false, asked_by = asked_by + 1", "keeps its terms"),
        ("DELETE FROM payout", "never deleted"),
        ("UPDATE payout SET state = 'waiting', hold_entry_id = NULL", "does not go from"),
        ("UPDATE payout SET state = 'cancelled'", "does not go from"),
        ("UPDATE payout SET hold_entry_id = NULL", "sent_is_held"),
        ("UPDATE payout SET state = 'paid', paid_from = 'bank:eco'", "ended_is_posted"),
        ("UPDATE payout SET state = 'paid', end_entry_id = hold_entry_id", "paid_left_somewhere"),
        ("UPDATE payout SET approved_by = asked_by WHERE needs_second", "two_people"),
        ("UPDATE payout_move SET to_state = 'paid'", "never"),
        (
            """INSERT INTO payout (reference, request_key, kind, rail, customer_id, amount_minor, currency, source, reason,
                   state, needs_second, asked_at, hold_entry_id, asks)
               SELECT gen_random_uuid(), 'around', kind, rail, customer_id, amount_minor, currency, source, reason,
                   'approved', false, asked_at, NULL, 0 FROM payout""",
            "begins by being asked for",
        ),
        (
            """INSERT INTO payout (reference, request_key, kind, rail, customer_id, amount_minor, currency, source, reason,
                   state, needs_second, asked_at, asks)
               SELECT gen_random_uuid(), 'around', kind, 'mtn-momo', customer_id, amount_minor, currency, source, reason,
                   'waiting', false, asked_at, 0 FROM payout""",
            "momo_is_addressed",
        ),
        (
            """INSERT INTO payout (reference, request_key, kind, rail, customer_id, amount_minor, currency, source, reason,
                   state, needs_second, asked_at, asks)
               SELECT gen_random_uuid(), 'around', kind, 'pigeon', customer_id, amount_minor, currency, source, reason,
                   'waiting', false, asked_at, 0 FROM payout""",
            "rail_known",
        ),
    ],
)
def test_the_database_refuses_what_no_payout_does(rich: Paying, parts: Parts, statement: str, why: str) -> None:
    rich.approves(rich.asks(300_000, by="mary").payout_id, by="rebecca")
    with pytest.raises(DBAPIError, match=why):
        go_around(parts, statement)


PAIRS = [(old, new) for old, new in itertools.product(MOVES, MOVES) if old != new]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_the_database_knows_the_same_moves_of_a_payout_as_the_code(
    rich: Paying, parts: Parts, old: str, new: str
) -> None:
    payout = rich.asks(100).payout_id
    entry = rich.rows("SELECT max(id) AS id FROM ledger_entry")[0].id
    move = text("""UPDATE payout SET state = :to, hold_entry_id = :entry,
                       end_entry_id = CASE WHEN CAST(:to AS text) IN ('paid', 'refused') THEN CAST(:entry AS bigint) END,
                       paid_from = CASE WHEN CAST(:to AS text) = 'paid' THEN 'bank:eco' END WHERE id = :id""")
    way = {"waiting": [], "submitted": ["approved", "submitted"], "approved": ["approved"], "cancelled": ["cancelled"]}
    taken = True
    with parts.db.engine.connect() as connection, connection.begin() as undone:
        for state in way.get(old, ["approved", old]):
            connection.execute(move, {"to": state, "id": payout, "entry": entry})
        try:
            connection.execute(move, {"to": new, "id": payout, "entry": entry})
        except DBAPIError:
            taken = False
        undone.rollback()
    assert taken == (new in MOVES[old])


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("UPDATE payout SET amount_minor = amount_minor - 1", "what is held is what payouts wait with"),
        ("UPDATE payout SET amount_minor = amount_minor - 1", "every payout took from its source what it is of"),
        ("UPDATE payout SET state = 'submitted'", "every payout is where its last move led"),
        ("UPDATE payout SET rail = 'mtn-momo', platform = 'x', sent_as = 'transfer', payee_phone = '+211921234567'",
         "every payout on its way is being asked about"),
        ("UPDATE payout SET hold_entry_id = 1", "every entry of a payout is its payout"),
    ],
)  # fmt: skip
def test_what_does_not_agree_with_the_books_is_found(rich: Paying, parts: Parts, wrong: str, found: str) -> None:
    rich.approves(rich.asks(100).payout_id)
    with parts.db.engine.connect() as connection, connection.begin() as undone:
        connection.execute(text("ALTER TABLE payout DISABLE TRIGGER USER"))
        connection.execute(text(wrong))
        assert any(fault.startswith(found) for fault in all_faults(connection, rich.now))
        undone.rollback()
