"""A burst of a tariff: it is the service's as long as its speed is the tariff's own, and its router and RADIUS know it."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.change_service import change_service
from core.catalog.fair_use import FairUse, Step
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.network.desired import profile_of
from core.network.visits import open_wishes
from core.subscriptions.keep_speed import keep_speed
from core.subscriptions.pause import pause, unpause
from core.subscriptions.relocate import relocate
from core.subscriptions.slow import slow, unslow
from tests.core.subscriptions.line import GB, Line
from tests.provider import ssp

BURST = {"burst_down_kbps": 8_000, "burst_up_kbps": 2_000}
QUICK = (4_000, 1_000, 8_000, 2_000)


def has(provider, service):
    """What the service's grant holds: down, up, and the burst of each."""
    (row,) = provider.rows(
        "SELECT g.down_kbps, g.up_kbps, g.burst_down_kbps, g.burst_up_kbps FROM subscription s"
        " JOIN access_grant g ON g.id = s.grant_id WHERE s.id = :id",
        id=service,
    )
    return tuple(row)


def test_a_service_has_the_burst_of_its_tariff_from_its_first_day(provider):
    assert has(provider, Line(provider, **BURST).id) == QUICK
    assert has(provider, provider.begins("HOME")) == (4_000, 1_000, None, None)


def test_its_router_and_radius_are_told_the_same(provider):
    service = Line(provider, **BURST).id
    router = provider.town.routers["juba-town"]
    (wish,) = open_wishes(provider.parts.db, router)
    assert profile_of(wish).rate_limit == "1000k/4000k 2000k/8000k 1000k/4000k 8/8"
    (told,) = provider.rows(
        "SELECT radius_rate(g.up_kbps, g.down_kbps, g.burst_up_kbps, g.burst_down_kbps) AS rate"
        " FROM subscription s JOIN access_grant g ON g.id = s.grant_id WHERE s.id = :id",
        id=service,
    )
    assert told.rate == profile_of(wish).rate_limit


def test_while_fair_use_holds_it_there_is_no_burst(provider):
    line = Line(provider, fair_use=FairUse((Step("day", 2 * GB, 512, 128),)), **BURST)
    line.at(10, 12)
    line.uses(3)
    assert has(provider, line.id) == (512, 128, None, None)
    line.at(11, 1)
    line.looks()
    assert has(provider, line.id) == QUICK


def test_while_it_is_slow_for_an_unpaid_bill_there_is_no_burst(provider):
    service = Line(provider, **BURST).id
    provider.does(slow, subscription_id=service, by=provider.by())
    assert has(provider, service) == (256, 256, None, None)
    assert keep_speed(provider.parts.db, provider.clock.now()) == 0
    provider.does(unslow, subscription_id=service, by=provider.by())
    assert has(provider, service) == QUICK


def test_another_plan_has_its_own_burst_or_none(provider):
    service = Line(provider, **BURST).id
    for code, after in (("BIGGER", (8_000, 1_000, None, None)), ("LINE", QUICK)):
        (tariff,) = provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)
        provider.does(
            change_service,
            subscription_id=service,
            tariff_id=tariff.id,
            at_period_end=False,
            by=provider.by(),
            issuer=provider.issuer,
            key=code,
        )
        assert has(provider, service) == after


@pytest.mark.parametrize(("burst", "corrected"), [(BURST, 1), ({}, 0)], ids=["a burst", "none"])
def test_a_version_that_adds_a_burst_reaches_who_has_the_tariff(provider, burst, corrected):
    service = Line(provider).id
    provider.does(
        set_tariff_version,
        code="LINE",
        terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=ssp(30_000), **burst),
        valid_from=date(2026, 11, 10),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on("2026-11-09")
    assert keep_speed(provider.parts.db, provider.clock.now()) == 0
    provider.on("2026-11-10")
    assert keep_speed(provider.parts.db, provider.clock.now()) == corrected
    assert has(provider, service) == (QUICK if burst else (4_000, 1_000, None, None))
    assert keep_speed(provider.parts.db, provider.clock.now()) == 0


def test_it_comes_back_after_a_pause(provider):
    service = Line(provider, **BURST).id
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-11-05")
    provider.does(unpause, subscription_id=service, by=provider.by())
    assert has(provider, service) == QUICK


@pytest.mark.parametrize("held", [True, False], ids=["held by fair use", "free"])
def test_it_moves_to_another_router_unless_fair_use_holds_the_service(provider, held):
    line = Line(provider, fair_use=FairUse((Step("billing", 2 * GB, 512, 128),)), **BURST)
    if held:
        line.uses(3)
    provider.does(
        relocate,
        subscription_id=line.id,
        router_id=provider.town.routers["munuki"],
        place="Munuki, block C",
        by=provider.by(),
        ids=provider.parts.ids,
        sealer=provider.parts.sealer,
    )
    assert has(provider, line.id) == ((512, 128, None, None) if held else QUICK)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("burst_down_kbps = 3999, burst_up_kbps = 2000", "burst_faster"),
        ("burst_down_kbps = 8000, burst_up_kbps = 999", "burst_faster"),
        ("burst_down_kbps = 8000, burst_up_kbps = NULL", "burst_both_ways"),
        ("down_kbps = 9000", "burst_faster"),
    ],
)
def test_the_database_refuses_a_burst_that_is_none(provider, values, why):
    service = Line(provider, **BURST).id
    with pytest.raises(DBAPIError, match=why), provider.parts.db.transaction() as tx:
        tx.execute(text(f"UPDATE access_grant SET {values}"))
    assert has(provider, service) == QUICK
