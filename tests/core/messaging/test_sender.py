"""A text's state only moves forward, whatever order the reports come in."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messaging.sender import FINAL_STATES, DeliveryState, forward_only

STATES = st.sampled_from(list(DeliveryState))
PROGRESS = [DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.SUBMITTED, DeliveryState.BUFFERED]


@pytest.mark.parametrize("final", sorted(FINAL_STATES))
def test_a_late_report_never_undoes_a_final_one(final: DeliveryState) -> None:
    for reported in DeliveryState:
        assert forward_only(final, reported) is final


def test_a_text_moves_through_every_state_to_the_phone() -> None:
    state = DeliveryState.QUEUED
    for reported in [*PROGRESS[1:], DeliveryState.DELIVERED]:
        state = forward_only(state, reported)
        assert state is reported
    assert state.final


def test_a_text_in_progress_never_goes_back() -> None:
    assert forward_only(DeliveryState.BUFFERED, DeliveryState.SENT) is DeliveryState.BUFFERED
    assert forward_only(DeliveryState.SUBMITTED, DeliveryState.QUEUED) is DeliveryState.SUBMITTED
    assert forward_only(DeliveryState.SENT, DeliveryState.FAILED) is DeliveryState.FAILED


@pytest.mark.parametrize("final", sorted(FINAL_STATES))
def test_reports_in_any_order_end_the_same(final: DeliveryState) -> None:
    for reports in permutations([*PROGRESS, final]):
        state = DeliveryState.QUEUED
        for reported in reports:
            state = forward_only(state, reported)
        assert state is final


@given(st.lists(STATES, max_size=12))
def test_the_same_report_twice_changes_nothing(reports: list[DeliveryState]) -> None:
    once = twice = DeliveryState.QUEUED
    for reported in reports:
        once = forward_only(once, reported)
        twice = forward_only(forward_only(twice, reported), reported)
    assert once is twice
