"""What a router forgets stays counted, and nothing is counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.access.usage import Reading, used_since

SESSIONS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["look", "log out", "power cut", "made anew"])), max_size=40
)


@given(SESSIONS)
def test_all_that_was_seen_is_counted_once_whatever_the_router_forgets(events) -> None:
    credited = session = used = truth = 0
    unseen = 0  # may be lost with the power: no one can know of it
    last, restarted = Reading(0, 0), False
    for amount, event in events:
        session += amount
        truth += amount
        unseen += amount
        now = Reading(credited + session, credited)
        if event == "log out":
            credited, session = credited + session, 0
        elif event == "look":
            used += used_since(last, now, restarted=restarted)
            last, restarted, unseen = now, False, 0
            assert used >= now.total
            assert used <= truth
        else:  # we look, and then it forgets
            used += used_since(last, now, restarted=restarted)
            last, unseen = now, 0
            session = 0
            if event == "made anew":
                credited = 0
            restarted = True
            used += used_since(last, Reading(credited, credited), restarted=True)
            last, restarted = Reading(credited, credited), False
        assert used + unseen == truth


def test_a_session_longer_than_the_one_lost_with_the_power_does_not_hide_it() -> None:
    before, after = Reading(500, 100), Reading(700, 100)
    assert used_since(before, after, restarted=False) == 200
    assert used_since(before, after, restarted=True) == 600


def test_sessions_credited_before_a_restart_in_good_order_count_once() -> None:
    assert used_since(Reading(500, 100), Reading(520, 500), restarted=True) == 20
