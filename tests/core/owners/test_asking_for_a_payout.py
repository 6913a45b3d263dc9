"""An owner asks for their balance: sent once, to the number they confirmed, and never while one may be on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from core import errors
from core.clock import FixedClock
from core.days import juba_day
from core.owners.ask_payout import PayoutAsked, ask_owner_payout
from core.owners.change_owner import set_owner_state
from core.owners.money_figures import owner_money
from core.owners.owner_settings import set_daily_payout
from core.parts import Parts
from core.payouts.hold import end_refused, leave_on_balance
from core.payouts.owner_terms import set_owner_terms
from core.payouts.run_settlements import run_settlements
from core.payouts.states import lock_payout, move
from core.tokens.sell_token import sell_token
from tests.core.owners.stall import Stall, ssp
from tests.town import ACHOL, DENG, ZAIN_CALLER, count, snapshot, texts_to

ANOTHER_MTN = "+211922000009"


def earns(stall: Stall, key: str = "earn", times: int = 1) -> None:
    """Achol buys a month of Deng's: SSP 28,000, of which 25,200 are his, and 22,680 after tax."""
    stall.town.give(stall.town.achol, 28_000 * times, f"give {key}")
    for number in range(times):
        stall.parts.db.run(
            lambda tx, number=number: sell_token(
                tx,
                request_key=f"{key} {number}",
                buyer=stall.who(ACHOL),
                recipient_phone=ACHOL,
                hotspot_id=stall.town.hotspots["Munuki Net"],
                plan_version_id=stall.town.plans["1M"],
                **stall.tools,
            )
        )


def asks(stall: Stall, key: str = "ask", who: str = DENG) -> PayoutAsked:
    owner = stall.who(who).customer_id
    more = {"platform": stall.platform, "now": stall.parts.clock.now(), "ids": stall.parts.ids}
    return stall.parts.db.run(lambda tx: ask_owner_payout(tx, owner_id=owner, request_key=key, **more))


def ends(stall: Stall, payout_id: int, how: str) -> None:
    """What MTN says of a payout, or that it says nothing."""
    now = stall.parts.clock.now()

    def work(tx):
        payout = lock_payout(tx, payout_id)
        if how == "unknown":
            move(tx, payout_id=payout_id, state=payout["state"], to="unknown", now=now, why={"says": "nothing"})
            return
        end_refused(
            tx, payout, failure="provider_error", raw_failure=None, now=now, why={"says": "failed"},
            came_back=leave_on_balance,
        )  # fmt: skip

    stall.parts.db.run(work)


def test_a_balance_asked_for_is_sent_to_the_confirmed_number_once(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    earns(stall)
    asked = asks(stall)
    assert (asked.amount, asked.phone, asked.state, asked.again) == (ssp(22_680), DENG, "approved", False)
    before = snapshot(parts)
    again = asks(stall)
    assert (again.payout_id, again.again) == (asked.payout_id, True)
    assert snapshot(parts) == before
    assert count(parts, "outbox", "kind = 'payout.send'") == 1
    assert "transfer_sent" in [template for template, _said in texts_to(parts, DENG)]


def test_nothing_follows_a_payout_that_may_be_on_its_way(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    earns(stall)
    first = asks(stall)
    earns(stall, "more")
    for _state in ("approved", "unknown"):
        before = snapshot(parts)
        with pytest.raises(errors.PayoutOnItsWay) as refused:
            asks(stall, "second")
        assert refused.value.amount == ssp(22_680)
        assert snapshot(parts) == before
        if _state == "approved":
            ends(stall, first.payout_id, "unknown")
    ends(stall, first.payout_id, "refused")
    assert asks(stall, "second").amount == ssp(2 * 22_680)


def test_above_what_leaves_by_itself_a_person_approves_and_nothing_more_is_asked_for(stall: Stall) -> None:
    stall.confirms()
    earns(stall, times=9)
    asked = asks(stall)
    assert (asked.state, asked.amount) == ("waiting", ssp(9 * 22_680))
    with pytest.raises(errors.PayoutOnItsWay):
        asks(stall, "second")
    with stall.parts.db.reading() as connection:
        money = owner_money(connection, stall.town.deng.customer_id, stall.parts.clock.now())
    assert (money.balance, money.on_the_way) == (ssp(0), ssp(9 * 22_680))


def test_what_is_refused_posts_nothing(stall: Stall, parts: Parts) -> None:
    earns(stall, "before there were terms")
    with pytest.raises(errors.MomoNotConfirmed):
        asks(stall)
    with pytest.raises(errors.NotAnOwner):
        asks(stall, who=ACHOL)
    stall.confirms()
    stall.sells("cash")
    before = snapshot(parts)
    with pytest.raises(errors.BalanceTooSmall) as refused:
        asks(stall)
    assert (refused.value.have, refused.value.least) == (ssp(0), ssp(500))
    assert snapshot(parts) == before
    earns(stall)
    deng = stall.town.deng.customer_id
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state="suspended"))
    before = snapshot(parts)
    with pytest.raises(errors.OwnerSuspended):
        asks(stall)
    assert snapshot(parts) == before


def test_a_number_confirmed_today_gets_money_from_tomorrow_on(stall: Stall, clock: FixedClock) -> None:
    stall.confirms()
    earns(stall)
    stall.names_momo(ANOTHER_MTN, "another")
    assert stall.types_code(stall.code_texted(), "another") == "confirmed"
    with pytest.raises(errors.NewNumberLater) as refused:
        asks(stall)
    assert refused.value.day.isoformat() == "2026-11-24"
    clock.at += timedelta(days=1)
    assert asks(stall).phone == ANOTHER_MTN


def test_nothing_goes_to_a_number_that_is_not_the_confirmed_one(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    stall.confirms()
    earns(stall)
    deng = stall.town.deng.customer_id
    terms = {"commission_millionths": 100_000, "withholding_millionths": 100_000, "staff_id": None, "now": clock.now()}
    tomorrow = juba_day(clock.now()) + timedelta(days=1)
    parts.db.run(lambda tx: set_owner_terms(tx, owner_id=deng, from_day=tomorrow, payout_phone=ANOTHER_MTN, **terms))
    clock.at += timedelta(days=1)
    assert run_settlements(parts.db, now=clock.now(), platform=stall.platform, ids=parts.ids) == 0
    with pytest.raises(errors.MomoNotConfirmed):
        asks(stall)
    assert count(parts, "payout") == 0


def test_two_who_ask_at_once_get_one_payout(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    earns(stall)
    start = threading.Barrier(6)

    def one(number: int) -> str:
        start.wait()
        try:
            asks(stall, f"race {number}")
        except errors.PayoutOnItsWay:
            return "on its way"
        return "sent"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == ["on its way"] * 5 + ["sent"]
    assert count(parts, "payout", "amount_minor = 2268000") == count(parts, "payout") == 1


def test_who_wants_no_daily_payout_is_paid_when_they_ask(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    stall.confirms()
    earns(stall)
    deng = stall.town.deng.customer_id
    runs: Callable[[], int] = lambda: run_settlements(  # noqa: E731 - said twice below
        parts.db, now=clock.now(), platform=stall.platform, ids=parts.ids
    )
    parts.db.run(lambda tx: set_daily_payout(tx, owner_id=deng, on=False))
    assert runs() == 0
    parts.db.run(lambda tx: set_daily_payout(tx, owner_id=deng, on=True))
    assert runs() == 1
    with pytest.raises(errors.NotAnOwner):
        parts.db.run(lambda tx: set_daily_payout(tx, owner_id=stall.who(ACHOL).customer_id, on=True))


def test_an_owner_who_is_stopped_is_paid_neither_daily_nor_on_demand_until_they_may_sell_again(
    stall: Stall, parts: Parts, clock: FixedClock
) -> None:
    stall.confirms()
    earns(stall)
    deng = stall.town.deng.customer_id
    runs: Callable[[], int] = lambda: run_settlements(  # noqa: E731 - said twice below
        parts.db, now=clock.now(), platform=stall.platform, ids=parts.ids
    )
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state="suspended"))
    assert runs() == 0
    assert count(parts, "payout") == 0
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=deng, state="active"))
    assert runs() == 1
    assert count(parts, "payout", "amount_minor = 2268000") == 1


def test_another_owners_request_is_not_answered_with_his(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    earns(stall)
    asks(stall)
    achol = stall.who(ACHOL).customer_id
    parts.db.run(
        lambda tx: tx.execute(
            text("INSERT INTO wifi_owner (customer_id, signed_up_at) VALUES (:id, now())"), {"id": achol}
        )
    )
    with pytest.raises(errors.KeyReused):
        asks(stall, who=ACHOL)
    assert not texts_to(parts, ZAIN_CALLER)
