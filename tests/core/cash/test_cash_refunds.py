"""Refunds in cash come out of the open drawer of whoever hands them out, and never more than lies in it."""

from __future__ import annotations

import itertools

import pytest

from core.billing.adjust import Asked, ask_adjustment, decide_adjustment
from core.billing.draft import issuer_of
from core.errors import DrawerShort, InsufficientBalance, NoShiftOpen
from tests.core.cash.tills import Tills, ssp
from tests.town import snapshot

_keys = itertools.count()


def refunds(tills: Tills, who: str, pounds: int) -> Asked:
    found: Asked = tills.does(
        ask_adjustment,
        request_key=f"refund-{next(_keys)}",
        kind="refund",
        customer_id=tills.town.achol.customer_id,
        invoice_id=None,
        amount=ssp(pounds),
        reason="paid too much",
        staff_id=tills.town.staff[who],
        role=tills.ROLES[who],
        issuer=issuer_of(tills.parts.settings),
        now=tills.now,
    )
    return found


def approves(tills: Tills, adjustment: int, who: str = "mary") -> str:
    return str(
        tills.does(
            decide_adjustment,
            adjustment_id=adjustment,
            approve=True,
            staff_id=tills.town.staff[who],
            issuer=issuer_of(tills.parts.settings),
            now=tills.now,
        )
    )


def test_a_refund_done_at_once_leaves_ones_own_drawer(tills: Tills) -> None:
    tills.opens("mary")
    tills.takes("mary", 1_000)
    assert refunds(tills, "mary", 400).state == "done"
    assert tills.holds("counter") == ssp(600)
    assert tills.town.balance(tills.town.achol) == ssp(600)
    tills.agrees()


def test_a_refund_asked_for_at_the_counter_leaves_that_drawer_when_the_manager_agrees(tills: Tills) -> None:
    tills.makes("office")
    tills.opens("mary", "office")
    tills.opens("rose")
    tills.takes("rose", 1_000)
    asked = refunds(tills, "rose", 400)
    assert asked.state == "waiting"
    assert approves(tills, asked.adjustment_id) == "done"
    assert (tills.holds("counter"), tills.holds("office")) == (ssp(600), ssp(0))
    tills.agrees()


def test_where_who_asked_has_gone_home_who_decides_hands_it_out(tills: Tills) -> None:
    shift = tills.opens("rose")
    tills.takes("rose", 1_000)
    asked = refunds(tills, "rose", 400)
    tills.closes("rose", shift, 1_000)
    before = snapshot(tills.parts)
    with pytest.raises(NoShiftOpen):
        approves(tills, asked.adjustment_id)
    assert snapshot(tills.parts) == before
    tills.opens("mary", "counter", counted=1_000)
    assert approves(tills, asked.adjustment_id) == "done"
    assert tills.holds("counter") == ssp(600)
    tills.agrees()


def test_no_more_is_refunded_than_lies_in_the_drawer_or_on_the_balance(tills: Tills) -> None:
    tills.opens("mary")
    tills.takes("mary", 1_000)
    tills.moves("mary", "counter", "safe", 700)
    with pytest.raises(DrawerShort) as short:
        refunds(tills, "mary", 301)
    assert short.value.holds == ssp(300)
    tills.takes("mary", 5_000, tills.town.deng)
    with pytest.raises(InsufficientBalance):
        refunds(tills, "mary", 1_001)
    tills.agrees()
