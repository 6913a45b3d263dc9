"""What bought data serves: bytes beyond where slowing begins, at full speed, to the end of the billed month."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.subscriptions.bought_data import Bought, count
from core.subscriptions.periods import resets, starts

FIRST, NEXT = date(2026, 11, 1), date(2026, 12, 1)
MONTHLY = {"billing": 10}


def day(number):
    return FIRST + timedelta(days=number - 1)


def bought(size, on, after=0, until=NEXT):
    return Bought(size, day(on), until, after)


def counted(days, purchases, today, after=MONTHLY):
    return count({day(of): used for of, used in days.items()}, purchases, after, today=day(today), anchor_day=1)


def test_without_purchases_everything_counts():
    found = counted({1: 4, 2: 9}, [], 2)
    assert found.used == {"day": 9, "week": 9, "month": 13, "billing": 13}
    assert (found.bought, found.left, found.until) == (0, 0, None)


def test_who_bought_far_beyond_the_cap_has_all_that_was_bought():
    found = counted({1: 17}, [bought(5, 1, after=17)], 1)
    assert (found.used["billing"], found.left) == (17, 5)
    found = counted({1: 17, 2: 4}, [bought(5, 1, after=17)], 2)
    assert (found.used["billing"], found.left) == (17, 1)
    assert counted({1: 17, 2: 7}, [bought(5, 1, after=17)], 2).used["billing"] == 19


def test_bought_before_the_cap_the_own_data_goes_first():
    found = counted({1: 4, 2: 5}, [bought(5, 1, after=4)], 2)
    assert (found.used["billing"], found.left) == (9, 5)
    found = counted({1: 4, 2: 8}, [bought(5, 1, after=4)], 2)
    assert (found.used["billing"], found.left) == (10, 3)


def test_two_purchases_add_up_and_the_first_to_end_goes_first():
    early = bought(5, 1, after=10, until=day(3))
    late = bought(5, 1, after=10)
    found = counted({1: 13}, [late, early], 1)
    assert (found.bought, found.left, found.until) == (10, 7, NEXT)
    assert counted({1: 13}, [late, early], 3).left == 5


def test_a_day_s_share_comes_again_before_what_was_bought():
    by_day = {"day": 2}
    found = counted({1: 5, 2: 3}, [bought(4, 1, after=2)], 2, by_day)
    assert (found.used["day"], found.left) == (2, 0)
    found = counted({1: 3, 2: 1}, [bought(4, 1, after=2)], 2, by_day)
    assert (found.used["day"], found.left) == (1, 3)


def test_when_the_month_turns_what_was_bought_is_gone():
    found = count({FIRST: 12, NEXT: 3}, [bought(5, 1, after=10)], MONTHLY, today=NEXT, anchor_day=1)
    assert (found.used["billing"], found.bought, found.left) == (3, 0, 0)
    # The week runs on, and what the purchase served of it does not count in it.
    assert (
        count({NEXT - timedelta(days=1): 12}, [bought(5, 30, after=10)], MONTHLY, today=NEXT, anchor_day=1).used["week"]
        == 10
    )


@pytest.mark.parametrize(
    ("period", "reset"), [("day", 19), ("week", 23), ("month", date(2026, 12, 1)), ("billing", date(2026, 12, 15))]
)
def test_each_period_has_its_reset(period, reset):
    assert resets(period, day(18), 15) == (day(reset) if isinstance(reset, int) else reset)


USAGE = st.dictionaries(st.integers(1, 30), st.integers(0, 30), max_size=8)
PURCHASES = st.lists(st.builds(bought, st.integers(1, 12), st.integers(1, 30), st.integers(0, 30)), max_size=4)
AFTER = st.dictionaries(st.sampled_from(["day", "week", "month", "billing"]), st.integers(1, 25), min_size=1)


@given(USAGE, PURCHASES, AFTER, st.integers(1, 30))
def test_every_byte_counts_or_is_served_by_what_was_bought(days, purchases, after, today):
    found = counted(days, purchases, today, after)
    used = sum(used for of, used in days.items() if of <= today)
    served = found.bought - found.left
    assert found.used["billing"] + served == used
    assert 0 <= found.left <= found.bought


@given(USAGE, PURCHASES, AFTER, st.integers(1, 30), st.integers(1, 12))
def test_who_has_just_bought_is_slowed_by_nothing_until_it_is_used(days, purchases, after, today, size):
    """Fresh data is left whole; and of the next bytes no more count than there was room for."""
    purchases = [one for one in purchases if one.day < day(today)]
    so_far = days.get(today, 0)
    now = [*purchases, bought(size, today, after=so_far)]
    before, fresh = counted(days, purchases, today, after), counted(days, now, today, after)
    assert fresh.left == before.left + size
    assert fresh.used == before.used
    more = counted({**days, today: so_far + size}, now, today, after)
    for period, limit in after.items():
        assert more.used[period] <= max(limit, fresh.used[period])


@given(USAGE, PURCHASES, st.integers(1, 30))
def test_buying_never_makes_anything_slower(days, purchases, today):
    with_all = counted(days, purchases, today)
    for without in range(len(purchases)):
        fewer = counted(days, purchases[:without] + purchases[without + 1 :], today)
        assert with_all.used["billing"] <= fewer.used["billing"]


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 31))
def test_a_period_s_reset_is_the_start_of_the_next(on, anchor):
    for period in starts(on, anchor):
        next_first = resets(period, on, anchor)
        assert on < next_first
        assert starts(next_first, anchor)[period] == next_first
        assert starts(next_first - timedelta(days=1), anchor)[period] == starts(on, anchor)[period]
