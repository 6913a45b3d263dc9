from __future__ import annotations

import signal

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.phone import Phone

MEMORY_MB_MAX = 700


@pytest.fixture(scope="session")
def standing_house(tmp_path_factory):
    """One house for all stories of this test process: the first start is the dearest part of each of them."""
    house = House(tmp_path_factory.mktemp("house"))
    try:
        house.start()
        yield house
        if house.alive():
            house.is_clean()
            house.tells_no_secret()
            assert house.memory_mb()[1] < MEMORY_MB_MAX
        house.end()
    finally:
        house.end(signal.SIGKILL)


@pytest.fixture
def house(standing_house):
    """The house, sound: whatever the story before did to it is over."""
    if not standing_house.alive():
        standing_house.end(signal.SIGKILL)
        standing_house.start()
    for faults in ("faults", "momo/faults"):
        standing_house.town(faults, {})
    for router in standing_house.demo["routers"]:
        standing_house.town(f"routers/{router['name']}/replug", {})
    return standing_house


@pytest.fixture
def phone_of(house):
    """A phone with a number nobody has used yet."""
    return lambda prefix="92": Phone(house, house.fresh_number(prefix))


@pytest.fixture
def achol(phone_of):
    return phone_of()
