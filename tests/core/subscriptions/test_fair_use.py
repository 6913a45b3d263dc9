"""Fair use: slower within a minute of the crossing, fast again at the reset; every text once."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.catalog.fair_use import FairUse, Step
from core.subscriptions.keep_fair_use import keep_fair_use
from core.subscriptions.pause import pause, unpause
from core.subscriptions.slow import slow, unslow
from core.usage.fold import fold
from tests.core.subscriptions.line import FULL, GB, SAY, Line
from tests.provider import ssp
from tests.town import texts_to

BY_MONTH = FairUse((Step("billing", 10 * GB, 1_024, 512), Step("billing", 20 * GB, 256, 128)))


def test_each_step_is_slower_and_the_next_month_is_fast_again(provider):
    line = Line(provider, fair_use=BY_MONTH)
    assert line.uses(9) == FULL
    assert line.uses(1) == (1_024, 512)
    assert line.uses(10) == (256, 128)
    provider.bills_daily_until("2026-12-01")
    assert line.looks() == FULL
    told = [one.verb for one in provider.rows("SELECT verb FROM subscription_move ORDER BY id")]
    assert told == ["add", "activate", "hold", "hold", "release"]
    provider.agrees()


def test_a_day_s_share_holds_until_midnight_in_juba(provider):
    line = Line(provider, fair_use=FairUse((Step("day", 2 * GB, 512, 512),)))
    line.at(10, 23)
    assert line.uses(3) == (512, 512)
    line.at(11, 0)
    assert line.looks() == FULL
    assert line.uses(1) == FULL
    assert line.uses(1.5) == (512, 512)
    assert line.texts == ["usage_slower", "usage_slower"]


def test_a_week_begins_on_monday(provider):
    line = Line(provider, fair_use=FairUse((Step("week", 5 * GB, 512, 512),)))
    line.at(7, 12)  # Saturday
    assert line.uses(5) == (512, 512)
    line.at(9, 1)
    assert line.looks() == FULL


def test_nights_that_are_free_do_not_count_and_are_not_slow(provider):
    line = Line(provider, fair_use=FairUse((Step("billing", 5 * GB, 512, 512),), 22, 6))
    line.at(3, 23)
    assert line.uses(50) == FULL
    line.at(4, 12)
    assert line.uses(4) == FULL
    assert line.uses(1) == (512, 512)
    line.at(4, 22)
    assert line.looks() == FULL
    line.at(5, 6)
    assert line.looks() == (512, 512)


def test_data_used_up_without_overage_leaves_enough_to_pay(provider):
    line = Line(provider, data_bytes=10 * GB)
    assert line.uses(5) == FULL
    assert line.uses(4) == FULL
    assert line.uses(1) == (64, 64)
    assert line.texts == ["usage_share", "usage_share", "usage_slower"]
    assert line.looks() == (64, 64)
    assert len(line.texts) == 3


def test_a_leap_over_all_shares_is_told_once(provider):
    line = Line(provider, data_bytes=10 * GB)
    line.uses(11)
    assert line.texts == ["usage_slower"]


def test_overage_slows_nothing_and_says_what_it_costs(provider):
    line = Line(provider, data_bytes=10 * GB, overage=ssp(500))
    assert line.uses(12) == FULL
    assert line.texts == ["usage_overage"]
    (said,) = [
        body for name, body in texts_to(provider.parts, provider.town.achol.main_phone) if name == "usage_overage"
    ]
    assert "12 GB" in said
    assert "SSP 500" in said
    assert "01/12/2026" in said


def test_an_unpaid_bill_and_fair_use_are_as_slow_as_the_slower(provider):
    line = Line(provider, fair_use=FairUse((Step("billing", GB, 512, 128),)))
    provider.does(slow, subscription_id=line.id, by=provider.by())
    assert line.uses(2) == (256, 128)
    provider.does(unslow, subscription_id=line.id, by=provider.by())
    assert line.speed == (512, 128)


def test_a_pause_does_not_lift_it(provider):
    line = Line(provider, fair_use=BY_MONTH)
    line.uses(10)
    provider.does(pause, subscription_id=line.id, by=provider.by())
    provider.on(provider.today + timedelta(days=2))
    provider.does(unpause, subscription_id=line.id, by=provider.by())
    assert line.looks() == (1_024, 512)


def test_one_service_that_fails_holds_up_no_other(provider, monkeypatch):
    line = Line(provider, fair_use=BY_MONTH)
    other = provider.begins("LINE", provider.town.deng)
    line.uses(10)
    values = {"at": provider.clock.now(), "session": "x", "grant": provider.service(other).grant_id, "down": 10 * GB}
    provider.does(lambda tx: tx.execute(SAY, values))
    fold(provider.parts.db, provider.clock.now())
    with provider.parts.db.transaction() as tx:  # Achol's account has no phone to be told by
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        tx.execute(text("DELETE FROM contact WHERE customer_id = :who"), {"who": provider.town.achol.customer_id})
        tx.execute(text("DELETE FROM usage_alert"))
        tx.execute(text("UPDATE subscription SET held_down_kbps = NULL, held_up_kbps = NULL"))
    keep_fair_use(provider.parts.db, provider.clock.now())
    assert provider.service(other).held_down_kbps == 1_024


@pytest.mark.parametrize(
    ("free", "hours"), [((22, 6), {22, 23, 0, 1, 2, 3, 4, 5}), ((1, 4), {1, 2, 3}), ((None, None), set())]
)
def test_free_hours_may_pass_midnight(free, hours):
    assert FairUse((), *free).free_hours == hours
