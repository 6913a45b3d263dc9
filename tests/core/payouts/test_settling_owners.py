"""Wi-Fi owners: shares and commission of each sale, netted and paid out; what nobody may lose or count twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import FixedClock
from core.errors import DatesOverlap, InvalidDay, KeyReused, NotFound, NotMomoPhone, ShareOutOfRange
from core.money import Money
from core.parts import Parts
from core.payouts.cancel_payout import cancel_payout
from core.payouts.hold import end_refused, leave_on_balance
from core.payouts.limits import SETTLED_ALONE_MOST
from core.payouts.run_settlements import run_settlements
from core.payouts.settle_owner import lines_of, settle_owner
from core.payouts.states import lock_payout
from tests.core.payouts.paying import PLATFORM, Paying, ssp
from tests.town import ZAIN_CALLER, count


def refused_by_mtn(paying: Paying, payout_id: int) -> None:
    """The provider says for certain that nothing went."""

    def work(tx):
        end_refused(
            tx,
            lock_payout(tx, payout_id),
            failure="provider_error",
            raw_failure=None,
            now=paying.now,
            why={"says": "failed"},
            came_back=leave_on_balance,
        )

    paying.parts.db.run(work)


def test_a_sale_at_a_hotspot_is_shared_by_the_terms_of_its_day(paying: Paying) -> None:
    paying.town.give(paying.town.achol, 10_000)
    paying.sells("1D")  # before there are terms: all of it is ours, as ever
    assert paying.stands("sales:token") == ssp(1_500)
    paying.agrees(commission=20)
    paying.sells("1D")
    assert paying.stands("sales:token") == ssp(1_500)
    assert paying.of_deng("owner_share") == ssp(1_200)
    assert paying.stands("commission:tokens") == ssp(300)
    paying.agrees(commission=50, day=date(2026, 11, 24))
    paying.later(days=1)
    paying.sells("1D")
    assert paying.of_deng("owner_share") == ssp(1_950)
    assert paying.town.balance(paying.town.achol) == ssp(5_500)


def test_what_an_owner_took_in_cash_makes_them_owe_the_commission(paying: Paying) -> None:
    paying.agrees(commission=20)
    paying.owner_took(ssp(5_000))
    assert paying.of_deng("owner_owes") == ssp(-1_000)
    assert paying.stands("commission:tokens") == ssp(1_000)
    assert paying.of_deng("owner_share") == ssp(0)


def test_shares_less_tax_and_what_is_owed_go_to_the_owners_phone(paying: Paying) -> None:
    paying.agrees(commission=20, withheld=10)
    paying.owner_took(ssp(50_000), "company")
    paying.owner_took(ssp(10_000), "owner_cash")
    settled = paying.settles()
    assert settled is not None
    lines = settled.lines
    assert (lines.shares, lines.withheld, lines.commission, lines.carried) == (
        ssp(40_000),
        ssp(4_000),
        ssp(2_000),
        ssp(0),
    )
    assert lines.left == ssp(34_000)
    payout = paying.payout(settled.payout_id)
    assert (payout.state, payout.amount_minor, payout.payee_phone) == (
        "approved",
        34_000_00,
        paying.town.deng.main_phone,
    )
    assert paying.stands("payout:held") == ssp(34_000)
    assert paying.stands("withheld:commission") == ssp(4_000)
    for kind in ("owner_share", "owner_owes", "owner_due"):
        assert paying.of_deng(kind) == ssp(0), kind
    assert count(paying.parts, "outbox", "kind = 'payout.send'") == 1
    assert paying.settles() is None


def test_an_owner_who_owes_more_than_they_earn_carries_the_rest_over(paying: Paying) -> None:
    paying.agrees(commission=20, withheld=10)
    paying.owner_took(ssp(10_000), "company")
    paying.owner_took(ssp(100_000), "owner_cash")
    settled = paying.settles()
    assert settled is not None
    assert settled.payout_id is None
    assert settled.lines.left == ssp(0)
    assert settled.lines.commission == ssp(7_200)
    assert paying.of_deng("owner_owes") == ssp(-12_800)
    paying.owner_took(ssp(50_000), "company")
    again = paying.settles()
    assert again is not None
    assert again.lines.left == ssp(36_000 - 12_800)


def test_what_came_back_is_paid_again_and_not_taxed_again(paying: Paying) -> None:
    paying.agrees(commission=0, withheld=10)
    paying.owner_took(ssp(10_000), "company")
    first = paying.settles()
    assert first is not None
    refused_by_mtn(paying, first.payout_id)
    assert paying.of_deng("owner_due") == ssp(9_000)
    paying.owner_took(ssp(1_000), "company")
    second = paying.settles()
    assert second is not None
    assert (second.lines.shares, second.lines.carried, second.lines.left) == (ssp(1_000), ssp(9_000), ssp(9_900))
    assert paying.stands("withheld:commission") == ssp(1_100)
    refused_by_mtn(paying, second.payout_id)
    third = paying.settles()
    assert third is not None
    assert (third.lines.shares, third.lines.left) == (ssp(0), ssp(9_900))


def test_above_the_limit_a_person_approves_and_meanwhile_nothing_is_settled_twice(paying: Paying) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(SETTLED_ALONE_MOST + ssp(1), "company")
    first = paying.settles()
    assert first is not None
    assert paying.state(first.payout_id) == "waiting"
    assert paying.stands("payout:held") == ssp(0)
    paying.owner_took(ssp(1_000), "company")
    second = paying.settles()
    assert second is not None
    assert second.lines.left == ssp(1_000)
    paying.parts.db.run(
        lambda tx: tx.execute(
            text("UPDATE payout SET payee_checked_at = now() WHERE id = :id"), {"id": first.payout_id}
        )
    )
    paying.approves(first.payout_id)
    assert paying.stands("payout:held") == SETTLED_ALONE_MOST + ssp(1_001)


def test_a_cancelled_payout_of_an_owner_is_paid_with_the_next(paying: Paying) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(SETTLED_ALONE_MOST + ssp(1), "company")
    first = paying.settles()
    assert first is not None
    paying.does(cancel_payout, payout_id=first.payout_id, now=paying.now, **paying.who("mary"))
    again = paying.settles()
    assert again is not None
    assert again.lines.left == SETTLED_ALONE_MOST + ssp(1)


def test_too_little_waits_for_the_next_time(paying: Paying) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(ssp(499), "company")
    settled = paying.settles()
    assert settled is not None
    assert settled.payout_id is None
    assert paying.settles() is None
    paying.owner_took(ssp(1), "company")
    later = paying.settles()
    assert later is not None
    assert later.lines.left == ssp(500)


def test_the_daily_run_settles_each_owner_once_and_a_run_over_midnight_skips_nobody(
    paying: Paying, clock: FixedClock
) -> None:
    paying.agrees(commission=0, withheld=0)
    clock.at = clock.at.replace(hour=21, minute=59)  # 23:59 in Juba
    paying.owner_took(ssp(1_000), "company")

    def run() -> int:
        return run_settlements(paying.parts.db, now=clock.now(), platform=PLATFORM, ids=paying.parts.ids)

    assert run() == 1
    paying.owner_took(ssp(2_000), "company")
    assert run() == 1  # the same day's settlement, found again: nothing is paid twice
    assert count(paying.parts, "payout") == 1
    clock.advance(minutes=2)
    assert run() == 1
    assert count(paying.parts, "payout") == 2
    assert paying.stands("payout:held") == ssp(3_000)
    clock.advance(days=1)
    assert run() == 0
    assert count(paying.parts, "settlement") == 2


def test_one_owner_that_cannot_be_settled_with_holds_up_no_other(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(ssp(1_000), "company")

    def breaks(*_arguments: object, **_facts: object) -> None:
        raise ValueError("our own mistake")

    with monkeypatch.context() as broken:
        broken.setattr("core.payouts.run_settlements.settle_owner", breaks)
        assert run_settlements(paying.parts.db, now=paying.now, platform=PLATFORM, ids=paying.parts.ids) == 0
    assert run_settlements(paying.parts.db, now=paying.now, platform=PLATFORM, ids=paying.parts.ids) == 1


def test_four_runs_at_once_settle_once(paying: Paying) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(ssp(1_000), "company")
    together = threading.Barrier(4)

    def run(_number: int) -> None:
        together.wait()
        run_settlements(paying.parts.db, now=paying.now, platform=PLATFORM, ids=paying.parts.ids)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert count(paying.parts, "settlement") == count(paying.parts, "payout") == 1


def test_terms_that_make_no_sense_are_refused(paying: Paying) -> None:
    with pytest.raises(ShareOutOfRange):
        paying.agrees(commission=101)
    with pytest.raises(NotMomoPhone):
        paying.agrees(phone=ZAIN_CALLER)
    with pytest.raises(InvalidDay):
        paying.agrees(day=date(2026, 11, 22))
    paying.agrees()
    with pytest.raises(DatesOverlap):
        paying.agrees()
    assert count(paying.parts, "owner_terms") == 1


def test_without_terms_nobody_is_settled_with_and_a_key_settles_with_one(paying: Paying) -> None:
    with pytest.raises(NotFound):
        paying.settles()
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(ssp(1_000), "company")
    first = paying.settles(key="k")
    assert paying.settles(key="k") == first
    achol = paying.town.achol
    paying.parts.db.run(
        lambda tx: tx.execute(
            text("""INSERT INTO owner_terms (owner_id, from_day, commission_millionths, withholding_millionths,
                        payout_phone, set_at) VALUES (:id, '2026-11-01', 0, 0, :phone, now())"""),
            {"id": achol.customer_id, "phone": achol.main_phone},
        )
    )
    with pytest.raises(KeyReused):
        paying.does(
            settle_owner,
            request_key="k",
            owner_id=achol.customer_id,
            platform=PLATFORM,
            staff_id=None,
            now=paying.now,
            ids=paying.parts.ids,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement SET net_minor = net_minor",
        "DELETE FROM settlement",
        "UPDATE owner_terms SET payout_phone = '+211929999999'",
        """INSERT INTO settlement (request_key, owner_id, until, currency, shares_minor, commission_minor, withheld_minor,
               net_minor, carried_minor, made_at)
           SELECT 'around', owner_id, until, currency, 100, 0, 0, 90, 0, made_at FROM settlement""",
        """INSERT INTO settlement (request_key, owner_id, until, currency, shares_minor, commission_minor, withheld_minor,
               net_minor, carried_minor, made_at)
           SELECT 'around', owner_id, until, currency, 0, 100, 0, -100, 90, made_at FROM settlement""",
    ],
)
def test_the_database_refuses_a_settlement_that_does_not_add_up_or_changes(
    paying: Paying, parts: Parts, statement: str
) -> None:
    paying.agrees(commission=0, withheld=0)
    paying.owner_took(ssp(1_000), "company")
    paying.settles()
    with pytest.raises(DBAPIError), parts.db.transaction() as tx:
        tx.execute(text(statement))


AMOUNTS = st.integers(0, 10**9)


@given(shares=AMOUNTS, owes=AMOUNTS, carried=AMOUNTS, tax=st.integers(0, 1_000_000))
def test_nothing_is_lost_when_shares_are_netted(shares: int, owes: int, carried: int, tax: int) -> None:
    gross = Money(shares, "SSP")
    withheld = gross.share_half_even(tax, 1_000_000)
    lines = lines_of(shares=gross, owes=Money(owes, "SSP"), carried=Money(carried, "SSP"), withheld=withheld)
    assert lines.left.minor >= 0
    assert lines.left + lines.commission + lines.withheld == lines.shares + lines.carried
    assert lines.commission.minor == owes or lines.left.minor == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["company", "owner_cash", "settles", "refused", "paid", "cancelled", "approved"]),
        st.integers(1, 40_000_000),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, commission=st.integers(0, 100), tax=st.integers(0, 100))
def test_shares_and_what_is_owed_come_to_nothing_over_any_days(
    paying: Paying, steps: list[tuple[str, int]], commission: int, tax: int
) -> None:
    from core.payouts.hold import end_paid

    paying.later(days=1)
    paying.agrees(commission=commission, withheld=tax)
    before = {code: paying.stands(code) for code in ("commission:tokens", "withheld:commission", "sales:token")}
    theirs = paying.of_deng("owner_share") + paying.of_deng("owner_due") + paying.of_deng("owner_owes")
    out_before = paying.stands("payout:held") + paying.stands("momo:mtn")
    shares = owed = Money(0, "SSP")
    for verb, number in steps:
        match verb:
            case "company" | "owner_cash":
                price = Money(number, "SSP")
                ours = price.share_half_even(commission * 10_000, 1_000_000)
                paying.owner_took(price, verb)
                if verb == "company":
                    shares += price - ours
                else:
                    owed += ours
            case "settles":
                paying.settles()
            case "cancelled":
                for payout_id in paying_open(paying, "waiting"):
                    paying.does(cancel_payout, payout_id=payout_id, now=paying.now, **paying.who("mary"))
            case "approved":
                paying.parts.db.run(lambda tx: tx.execute(text("UPDATE payout SET payee_checked_at = now()")))
                for payout_id in paying_open(paying, "waiting"):
                    paying.approves(payout_id)
            case "refused":
                for payout_id in paying_open(paying, "approved"):
                    refused_by_mtn(paying, payout_id)
            case _:
                for payout_id in paying_open(paying, "approved"):
                    paying.parts.db.run(
                        lambda tx, payout_id=payout_id: end_paid(
                            tx,
                            lock_payout(tx, payout_id),
                            paid_from="momo:mtn",
                            provider_reference=None,
                            now=paying.now,
                            why={},
                        )
                    )
        # What became theirs is still theirs, was taxed, or went out of the house.
        now_theirs = paying.of_deng("owner_share") + paying.of_deng("owner_due") + paying.of_deng("owner_owes")
        taxed = paying.stands("withheld:commission") - before["withheld:commission"]
        gone = paying.stands("payout:held") + paying.stands("momo:mtn") - out_before
        assert now_theirs - theirs + taxed + gone == shares - owed
        assert paying.of_deng("owner_owes").minor <= 0
    paying.later(days=int(timedelta(days=1).days))


def paying_open(paying: Paying, state: str) -> list[int]:
    return [row.id for row in paying.rows("SELECT id FROM payout WHERE state = :state ORDER BY id", state=state)]
