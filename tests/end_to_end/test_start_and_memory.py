"""What a second start costs, and what everything together holds."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.end_to_end.conftest import MEMORY_MB_MAX
from tests.end_to_end.waiting import note

START_S_MAX = 5.0
START_CPU_S_MAX = 10.0
TRIES_WHEN_BUSY = 3
BUSY = 4.0  # load average
CALLERS = 4
AT_ONCE = 40
PAGES = ("/admin/log-in", "/sandbox/glance", "/health/ready", "/metrics")


@pytest.mark.slow
def test_the_second_start_is_ready_within_five_seconds(house, record_property):
    """By the clock on the wall; where others keep the cores, by what it computes: two cores have ten in five seconds."""
    tries = []
    while not tries or (tries[-1][0] >= START_S_MAX and os.getloadavg()[0] > BUSY and len(tries) < TRIES_WHEN_BUSY):
        house.end()
        tries.append((round(house.start(), 2), round(house.cpu_s(), 2)))
    load = os.getloadavg()[0]
    note(f"second start (wall s, CPU s): {tries} at a load of {load:.1f}")
    wall_s, cpu_s = tries[-1]
    record_property("second_start_s", wall_s)
    assert wall_s < START_S_MAX or (load > BUSY and cpu_s < START_CPU_S_MAX), tries


@pytest.mark.slow
def test_everything_together_stays_within_its_memory(house, phone_of, record_property):
    """Since its start: people who buy, staff, machines, and more requests at once than there are threads."""
    house.end()
    house.start()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(buys_an_hour, [phone_of() for _ in range(CALLERS)]))
        looks = [f"{house.web}{PAGES[number % len(PAGES)]}" for number in range(10 * AT_ONCE)]
        assert set(pool.map(lambda url: requests.get(url, timeout=60).status_code, looks)) == {200}
    rss_mb, pss_mb = house.memory_mb()
    note(f"memory: {rss_mb:.0f} MB by RSS, {pss_mb:.0f} MB by PSS, {len(house.family())} processes")
    record_property("rss_mb", round(rss_mb))
    record_property("pss_mb", round(pss_mb))
    # Shared pages counted once: RSS counts PostgreSQL's own again for each connection, ten megabytes every time.
    assert pss_mb < MEMORY_MB_MAX


def buys_an_hour(phone):
    phone.dial()
    phone.press("1", "2", "1", "11", "1", "2")
    phone.approves()
    phone.gets_credentials()
