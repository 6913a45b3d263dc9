"""What a rule would have done last month is what it does."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from core.catalog.fair_use import FairUse, Step
from core.catalog.tariffs import tariff_book
from core.clock import JUBA
from core.subscriptions.bought_data import Bought
from core.subscriptions.replay import Past, Slow, replay
from core.subscriptions.simulate_fair_use import last_month, simulate_fair_use
from tests.core.subscriptions.line import FULL, GB, Line

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture
def terms(provider):
    with provider.parts.db.reading() as connection:
        home = next(one for one in tariff_book(connection).all_versions() if one.code == "HOME")

    def under(*steps, free=(None, None), **changes):
        return replace(home, fair_use=FairUse(steps, *free), **changes)

    return under


def used(*hours, anchor_day=1, bought=()):
    """A service in November that used so many gigabytes in these hours."""
    return Past(anchor_day, NOVEMBER, DECEMBER, {(date(2026, 11, d), h): int(n * GB) for d, h, n in hours}, bought)


def test_slow_begins_with_the_hour_after_the_crossing_and_ends_with_the_period(terms):
    by_day = terms(Step("day", 5 * GB, 512, 512))
    past = used((3, 10, 4), (3, 14, 1), (4, 9, 4.9), (5, 23, 5))
    assert replay(by_day, past) == [Slow(date(2026, 11, 3), 15, 9, 512)]
    assert replay(by_day, past)[0].end == (date(2026, 11, 4), 0)


def test_each_step_is_slower_and_hours_on_end_are_one(terms):
    by_month = terms(Step("billing", 10 * GB, 1024, 512), Step("billing", 20 * GB, 256, 256))
    past = used((28, 12, 10), (29, 0, 10))
    assert replay(by_month, past) == [
        Slow(date(2026, 11, 28), 13, 12, 1024),
        Slow(date(2026, 11, 29), 1, 47, 256),
    ]


def test_free_hours_count_nothing_and_are_fast(terms):
    nights = terms(Step("billing", 5 * GB, 512, 512), free=(22, 6))
    past = used((29, 23, 50), (30, 2, 50), (30, 12, 5))
    assert replay(nights, past) == [Slow(date(2026, 11, 30), 13, 9, 512)]


def test_the_month_that_is_billed_may_have_begun_before(terms):
    by_month = terms(Step("billing", 10 * GB, 512, 512))
    past = replace(used(anchor_day=20), used={(date(2026, 10, 25), 12): 10 * GB})
    assert replay(by_month, past) == [Slow(NOVEMBER, 0, 19 * 24, 512)]


def test_what_was_bought_is_fast_as_it_was(terms):
    by_month = terms(Step("billing", 5 * GB, 512, 512))
    bought = (Bought(2 * GB, date(2026, 11, 29), DECEMBER, 6 * GB + GB // 2),)
    past = used((29, 10, 6), (29, 12, 1), (30, 0, 1.5), bought=bought)
    assert replay(by_month, past) == [Slow(date(2026, 11, 29), 11, 2, 512), Slow(date(2026, 11, 30), 1, 23, 512)]


def test_data_with_a_cap_and_no_rule_is_slow_at_the_cap(terms):
    capped = replace(terms(Step("day", 1, 1, 1)), fair_use=None, data_bytes=5 * GB)
    assert replay(capped, used((30, 10, 5))) == [Slow(date(2026, 11, 30), 11, 13, 64)]
    assert replay(replace(capped, data_bytes=None), used((30, 10, 5))) == []


def test_it_says_of_every_hour_what_the_real_thing_did(provider):
    rule = FairUse(
        (Step("day", 2 * GB, 1024, 512), Step("week", 5 * GB, 512, 512), Step("billing", 7 * GB, 256, 256)), 22, 6
    )
    line = Line(provider, fair_use=rule)
    now = datetime(2026, 11, 6, 20, tzinfo=JUBA)  # a Friday; the week ends in between
    really = set()
    while now < datetime(2026, 11, 9, 12, tzinfo=JUBA):
        line.provider.clock.at = now.astimezone(provider.clock.at.tzinfo)
        if line.looks() != FULL:
            really.add((now.date(), now.hour, line.speed[0]))
        if now.hour % 3 == 0:
            line.uses(0.9 if now.hour < 22 else 3, at=now + timedelta(minutes=10))
        now += timedelta(hours=1)
    provider.on("2026-12-05")
    with provider.parts.db.reading() as connection:
        of_line = next(one for one in tariff_book(connection).all_versions() if one.code == "LINE")
        found = simulate_fair_use(connection, of_line, provider.today)
    (one,) = found.slowed
    hours = {
        (at.date(), at.hour, span.down_kbps)
        for span in one.slow
        for at in (datetime.combine(span.day, time(span.hour), JUBA) + timedelta(hours=n) for n in range(span.hours))
    }
    assert {of for of in hours if of[:2] < (date(2026, 11, 9), 12)} == really
    assert len({speed for _, _, speed in really}) == 3


def test_everybody_on_the_tariff_is_gone_through_and_only_they(provider, terms):
    line = Line(provider, fair_use=None)
    other = provider.begins("LINE", provider.town.deng)
    provider.begins("HOME")
    provider.on("2026-11-10")
    line.uses(30)
    provider.on("2026-12-05")
    with provider.parts.db.reading() as connection:
        of_line = next(one for one in tariff_book(connection).all_versions() if one.code == "LINE")
        found = simulate_fair_use(
            connection, replace(of_line, fair_use=terms(Step("month", GB, 512, 512)).fair_use), provider.today
        )
        none = simulate_fair_use(connection, of_line, provider.today)
    assert (found.services, found.customers, found.left_out) == (2, 1, 0)
    assert [one.number for one in found.slowed] == [provider.service(line.id).number]
    assert found.hours == found.slowed[0].hours == 20 * 24 + 11
    assert provider.service(other).number not in {one.number for one in found.slowed}
    assert (none.services, none.slowed) == (2, [])


def test_what_came_before_or_after_the_service_on_this_tariff_is_not_said(provider, terms):
    line = Line(provider, fair_use=None)
    provider.on("2026-11-02")
    line.uses(30)
    provider.does(
        lambda tx: tx.execute(text("UPDATE subscription_term SET until_day = '2026-11-05' WHERE until_day IS NULL"))
    )
    provider.on("2026-12-05")
    with provider.parts.db.reading() as connection:
        of_line = next(one for one in tariff_book(connection).all_versions() if one.code == "LINE")
        found = simulate_fair_use(
            connection, replace(of_line, fair_use=terms(Step("month", GB, 512, 512)).fair_use), provider.today
        )
    assert found.slowed[0].slow[-1].end == (date(2026, 11, 5), 0)


@pytest.mark.parametrize(
    ("today", "first", "until"),
    [("2026-12-05", "2026-11-01", "2026-12-01"), ("2027-01-01", "2026-12-01", "2027-01-01")],
)
def test_last_month_is_the_calendars(today, first, until):
    assert last_month(date.fromisoformat(today)) == (date.fromisoformat(first), date.fromisoformat(until))
