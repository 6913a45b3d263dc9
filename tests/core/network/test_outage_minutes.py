"""Outage minutes by area and month, cut where a month ends in Juba."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.network.outage_minutes import Outage, Span, by_area, in_minutes, month_span

NOVEMBER = date(2026, 11, 1)
# Juba is two hours ahead: its November begins at 22:00 of October in UTC.
BEGINS = datetime(2026, 10, 31, 22, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
LATER = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)


def test_a_month_is_juba_s_and_the_one_that_runs_ends_now():
    assert month_span(NOVEMBER, LATER) == Span(BEGINS, ENDS)
    assert month_span(date(2026, 11, 17), LATER) == Span(BEGINS, ENDS)
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert month_span(NOVEMBER, now) == Span(BEGINS, now)
    assert month_span(date(2026, 12, 1), now).lasts == timedelta()
    assert month_span(date(2026, 12, 1), LATER).lasts == timedelta(days=31)


def test_an_outage_over_the_end_of_a_month_is_cut_there():
    outage = Outage("kator", "Kator", ENDS - timedelta(minutes=30), ENDS + timedelta(minutes=45))
    (november,) = by_area([outage], {"Kator": 1}, month_span(NOVEMBER, LATER))
    (december,) = by_area([outage], {"Kator": 1}, month_span(date(2026, 12, 1), LATER))
    assert (november.minutes, december.minutes) == (30, 45)
    assert (november.outages, december.outages) == (1, 1)
    (january,) = by_area([outage], {"Kator": 1}, month_span(date(2027, 1, 1), LATER))
    assert (january.outages, january.minutes, january.available_millionths) == (0, 0, 1_000_000)


def test_one_that_goes_on_counts_up_to_now():
    now = BEGINS + timedelta(hours=10)
    (area,) = by_area([Outage("a", "Kator", now - timedelta(hours=1), None)], {"Kator": 1}, month_span(NOVEMBER, now))
    assert (area.minutes, area.available_millionths) == (60, 900_000)


def test_two_routers_down_at_once_are_one_hour_down_in_their_area_and_two_of_routers():
    at = BEGINS + timedelta(days=3)
    outages = [
        Outage("a", "Kator", at, at + timedelta(minutes=60)),
        Outage("b", "Kator", at + timedelta(minutes=30), at + timedelta(minutes=90)),
        Outage("c", "Munuki", at, at + timedelta(minutes=10)),
    ]
    kator, lone, munuki = by_area(outages, {"Kator": 2, "Konyokonyo": 1}, month_span(NOVEMBER, LATER))
    assert (kator.area, kator.outages, kator.minutes, kator.router_minutes, kator.longest_minutes) == (
        "Kator", 2, 90, 120, 60,
    )  # fmt: skip
    assert (lone.area, lone.outages, lone.available_millionths) == ("Konyokonyo", 0, 1_000_000)
    assert (munuki.area, munuki.routers, munuki.minutes, munuki.available_millionths) == ("Munuki", 0, 10, None)


def test_half_a_minute_counts():
    assert [in_minutes(timedelta(seconds=s)) for s in (0, 29, 30, 90, 149, 150)] == [0, 0, 1, 2, 2, 3]


MINUTES = st.integers(-200, 400)


@given(st.lists(st.tuples(MINUTES, st.integers(0, 300)), max_size=6))
def test_any_outages_come_to_the_minutes_that_are_counted_one_by_one(drawn):
    span = Span(BEGINS, BEGINS + timedelta(minutes=240))
    outages = [
        Outage("r", "Kator", BEGINS + timedelta(minutes=first), BEGINS + timedelta(minutes=first + lasts))
        for first, lasts in drawn
    ]
    down = [
        sum(first <= minute < first + lasts for first, lasts in drawn) for minute in range(240)
    ]  # how many are down in each minute
    (area,) = by_area(outages, {"Kator": 3}, span)
    assert area.minutes == sum(count > 0 for count in down)
    assert area.router_minutes == sum(down)
    assert area.longest_minutes <= area.minutes <= area.router_minutes
