"""The rule of dunning by itself: for any schedule, at any hour, whatever happened before."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.billing.dunning_rule import Decision, Step, decide, fair_due_day, may_cut_off, may_text
from core.clock import JUBA
from core.days import juba_day

DUE = date(2026, 12, 15)  # a Tuesday
STANDARD = [
    Step(1, -3, "remind"), Step(2, 0, "remind"), Step(3, 3, "remind"), Step(4, 5, "slow"), Step(5, 7, "suspend"),
    Step(6, 60, "terminate"),
]  # fmt: skip
CUTS = ("slow", "suspend", "terminate")


def at(day, hour=9, minute=0):
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(day, time(hour, minute), JUBA).astimezone(UTC)


def decided(now, *, done=(), steps=STANDARD, holidays=(), held=False, **more):
    found = decide(steps, due_day=DUE, done=done, now=now, holidays=holidays, held=held, **more)
    return [(one.step.step_id, one.outcome) for one in found]


def test_a_reminder_is_sent_on_its_day_and_not_before():
    assert decided(at("2026-12-11")) == []
    assert decided(at("2026-12-12")) == [(1, "done")]
    assert decided(at("2026-12-13"), done=[1]) == []


def test_of_reminders_missed_in_a_gap_only_the_last_is_sent():
    assert decided(at("2026-12-18", 13)) == [(1, "skipped"), (2, "skipped"), (3, "done")]
    assert decided(at("2026-12-18", 13), done=[1, 3]) == [(2, "skipped")]


def test_after_a_gap_a_service_is_cut_down_one_step_a_visit_in_order():
    now = at("2027-03-01")
    assert decided(now, done=[1, 2, 3]) == [(4, "done")]
    assert decided(now, done=[1, 2, 3, 4]) == [(5, "done")]
    assert decided(now, done=[1, 2, 3, 4, 5]) == [(6, "done")]
    assert decided(now, done=[1, 2, 3, 4, 5, 6]) == []


def test_a_service_is_not_cut_down_twice_a_day():
    assert decided(at("2027-03-01", 15), done=[1, 2, 3, 4], cut_today=True) == []


def test_while_held_reminders_go_on_and_cutting_off_waits_for_the_end():
    assert decided(at("2026-12-22"), done=[1, 2], held=True) == [(3, "done")]
    assert decided(at("2026-12-22"), done=[1, 2, 3]) == [(4, "done")]


def test_a_cut_that_was_lifted_for_an_agreement_is_done_again_before_a_worse_one():
    lifted = STANDARD[4]
    assert decided(at("2027-03-01"), done=[1, 2, 3, 4, 5], lifted=lifted) == [(5, "again")]
    assert decided(at("2027-03-01"), done=[1, 2, 3, 4, 5], lifted=lifted, held=True) == []
    assert decided(at("2027-03-01"), done=[1, 2, 3, 4, 5], lifted=lifted, cut_today=True) == []


def test_a_step_put_into_the_schedule_behind_one_that_is_done_has_nothing_left_to_do():
    assert decided(at("2026-12-22"), done=[1, 2, 3, 5]) == [(4, "skipped")]


def test_two_steps_of_one_day_come_from_words_to_deeds():
    steps = [Step(3, 5, "suspend"), Step(1, 5, "remind"), Step(2, 5, "slow")]
    assert decided(at("2026-12-21"), steps=steps) == [(1, "done"), (2, "done")]
    assert decided(at("2026-12-21"), steps=steps, done=[1, 2]) == [(3, "done")]


@pytest.mark.parametrize(
    ("day", "hour", "minute", "allowed"),
    [
        ("2026-12-22", 7, 59, False),
        ("2026-12-22", 8, 0, True),
        ("2026-12-22", 15, 59, True),
        ("2026-12-22", 16, 0, False),
        ("2026-12-18", 11, 59, True),  # Friday
        ("2026-12-18", 12, 0, False),
        ("2026-12-18", 20, 0, False),
        ("2026-12-19", 10, 0, False),  # Saturday
        ("2026-12-20", 10, 0, False),
        ("2026-12-21", 8, 0, True),
        ("2026-12-24", 11, 59, True),  # Thursday before a holiday
        ("2026-12-24", 12, 0, False),
        ("2026-12-25", 10, 0, False),
    ],
)
def test_nobody_is_cut_off_when_nobody_is_there_to_help(day, hour, minute, allowed):
    now = at(day, hour, minute)
    assert may_cut_off(now, {date(2026, 12, 25)}) is allowed
    assert bool(decided(now, steps=[Step(1, 1, "suspend")], holidays={date(2026, 12, 25)})) is (
        allowed and juba_day(now) > DUE
    )


def test_hours_are_those_of_juba_whatever_zone_the_instant_is_told_in():
    assert not may_cut_off(datetime(2026, 12, 22, 5, 59, tzinfo=UTC), ())
    assert may_cut_off(datetime(2026, 12, 22, 6, 0, tzinfo=UTC), ())
    assert may_cut_off(datetime(2026, 12, 22, 13, 59, tzinfo=UTC), ())
    assert not may_cut_off(datetime(2026, 12, 22, 14, 0, tzinfo=UTC), ())


@pytest.mark.parametrize(("hour", "allowed"), [(7, False), (8, True), (18, True), (19, False), (23, False)])
def test_nobody_is_woken_for_money(hour, allowed):
    assert may_text(at("2026-12-20", hour)) is allowed
    assert bool(decided(at("2026-12-20", hour), held=True)) is allowed


def test_a_bill_issued_late_gets_its_full_days():
    issued_on, due_on = date(2026, 12, 1), date(2026, 12, 15)
    assert fair_due_day(due_on, issued_on, at("2026-12-01", 1)) == due_on
    assert fair_due_day(due_on, issued_on, at("2026-12-20", 23)) == date(2027, 1, 3)
    # Dated in the first open month, days after it was made: its printed day counts.
    assert fair_due_day(due_on, issued_on, at("2026-11-30")) == due_on


SCHEDULES = st.lists(
    st.tuples(st.integers(-30, 365), st.sampled_from(["remind", *CUTS])).filter(
        lambda one: one[0] > 0 or one[1] == "remind"
    ),
    unique=True,
    max_size=8,
).map(lambda found: [Step(number, days, act) for number, (days, act) in enumerate(found)])
INSTANTS = st.builds(
    lambda day, hours: datetime.combine(day, time(), UTC) + timedelta(hours=hours),
    st.dates(date(2026, 11, 10), date(2028, 1, 10)),
    st.floats(0, 23.99),
)
HOLIDAYS = st.frozensets(st.dates(date(2026, 11, 10), date(2028, 1, 10)), max_size=60)


@given(SCHEDULES, INSTANTS, HOLIDAYS, st.frozensets(st.integers(0, 7)), st.booleans(), st.booleans())
def test_no_cut_ever_falls_on_an_evening_a_weekend_a_holiday_or_on_who_is_held(
    steps, now, holidays, done, held, cut_today
):
    local = now.astimezone(JUBA)
    found = decide(steps, due_day=DUE, done=done, now=now, holidays=holidays, held=held, cut_today=cut_today)
    for one in found:
        assert one.step.step_id not in done
        assert DUE + timedelta(days=one.step.days) <= local.date()
        if one.step.act == "remind":
            assert 8 <= local.hour < 19
        elif one.outcome == "done":
            assert not held
            assert not cut_today
            assert 8 <= local.hour < 16
            assert local.weekday() < 5
            assert local.date() not in holidays
            assert local.hour < 12 or (local.weekday() != 4 and local.date() + timedelta(days=1) not in holidays)
    assert len({one.step.step_id for one in found}) == len(found)
    assert sum(one.outcome == "done" and one.step.act == "remind" for one in found) <= 1
    assert sum(one.outcome == "done" and one.step.act in CUTS for one in found) <= 1


@given(SCHEDULES, INSTANTS, INSTANTS, st.frozensets(st.integers(0, 7)))
def test_more_time_never_undoes_a_decision(steps, one, other, done):
    earlier, later = sorted([one, other])
    if not may_cut_off(later, ()):
        later = datetime.combine(later.date() + timedelta(days=7 - later.weekday()), time(8), UTC)  # a Monday at 10
    done = {step.step_id for step in steps if step.step_id in done and DUE + timedelta(step.days) <= juba_day(earlier)}
    before = decide(steps, due_day=DUE, done=done, now=earlier, holidays=(), held=False)
    after = decide(steps, due_day=DUE, done=done, now=later, holidays=(), held=False)
    assert {found.step for found in before} <= {found.step for found in after}
    still = {found.step: found.outcome for found in after}
    for found in before:
        # A reminder that a later one has overtaken is the only thing that is not done after all.
        if found.step.act != "remind" or found.outcome == "skipped":
            assert still[found.step] == found.outcome


@settings(max_examples=200)
@given(SCHEDULES, st.lists(st.tuples(INSTANTS, st.booleans()), max_size=25), HOLIDAYS)
def test_over_any_visits_each_step_comes_at_most_once_and_cuts_come_in_order(steps, visits, holidays):
    taken: list[Decision] = []
    cut_on = None
    for now, held in sorted(visits, key=lambda visit: visit[0]):
        found = decide(
            steps, due_day=DUE, done={one.step.step_id for one in taken}, now=now, holidays=holidays, held=held,
            cut_today=cut_on == juba_day(now),
        )  # fmt: skip
        if any(one.step.act in CUTS for one in found):
            cut_on = juba_day(now)
        taken += found
    ids = [one.step.step_id for one in taken]
    assert len(ids) == len(set(ids))
    cuts = [one.step.days for one in taken if one.step.act in CUTS and one.outcome == "done"]
    assert cuts == sorted(cuts)


@given(SCHEDULES)
def test_visited_long_enough_every_step_is_taken(steps):
    taken = set()
    now = at("2026-11-16")  # a Monday; 365 days after the due day lies within
    for _ in range(62):
        now += timedelta(days=7)
        taken |= {one.step.step_id for one in decide(steps, due_day=DUE, done=taken, now=now, holidays=(), held=False)}
    for _ in range(8):
        taken |= {one.step.step_id for one in decide(steps, due_day=DUE, done=taken, now=now, holidays=(), held=False)}
    assert taken == {step.step_id for step in steps}


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 90), INSTANTS)
def test_nobody_gets_fewer_days_than_their_terms_say(issued_on, due_days, issued_at):
    due_on = issued_on + timedelta(days=due_days)
    fair = fair_due_day(due_on, issued_on, issued_at)
    assert fair >= due_on
    assert (fair - juba_day(issued_at)).days >= due_days
