"""When the provider is asked again: pure, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.payments.ladder import next_ask

CREATED = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@pytest.mark.parametrize(
    ("asks", "age_s", "wait_s"),
    [
        (0, 5, 5),
        (1, 10, 10),
        (2, 20, 20),
        (3, 40, 40),
        (4, 80, MINUTE),
        (5, 140, MINUTE),
        (9, 6 * MINUTE - 1, MINUTE),
        (9, 6 * MINUTE, 5 * MINUTE),
        (20, HOUR - 1, 5 * MINUTE),
        (20, HOUR, HOUR),
        (40, DAY - 1, HOUR),
        (40, DAY, None),
        (400, 9 * DAY, None),
        (0, 9 * DAY, 5),  # hardly asked, however old: the worker was off for days
    ],
)
def test_the_wait_before_the_next_question(asks: int, age_s: int, wait_s: int | None) -> None:
    now = CREATED + timedelta(seconds=age_s)
    due = next_ask(asks=asks, created_at=CREATED, now=now)
    assert due == (None if wait_s is None else now + timedelta(seconds=wait_s))


def test_the_whole_ladder_ends_after_a_day_in_less_than_fifty_questions() -> None:
    now, asks = CREATED, 0
    while (due := next_ask(asks=asks, created_at=CREATED, now=now)) is not None:
        assert due > now
        now, asks = due, asks + 1
    assert timedelta(hours=24) <= now - CREATED <= timedelta(hours=25)
    assert asks < 50
