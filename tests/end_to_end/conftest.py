from __future__ import annotations

import random
import signal
import time

import pytest
import requests

from tests.end_to_end.hall import PHONES, Device, Gateway, free_hall, laid, world
from tests.end_to_end.house import House
from tests.end_to_end.phone import Phone
from tests.end_to_end.radius_house import radius_house
from tests.end_to_end.waiting import note
from tests.programs import skip_without

MEMORY_MB_MAX = 700
MUNUKI = 12  # the code on its poster


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


@pytest.fixture(scope="session")
def by_radius(tmp_path_factory):
    """A house whose routers ask RADIUS."""
    skip_without("freeradius", "radclient")
    with radius_house(tmp_path_factory.mktemp("by-radius"), free_hall()) as found:
        yield found


@pytest.fixture(scope="session")
def standing_gateway(by_radius, tmp_path_factory):
    """The gateway of a hall with Wi-Fi: Munuki's."""
    skip_without("ip", "tc", "nft")
    ports = {"auth": by_radius.radius.auth, "acct": by_radius.radius.acct}
    with laid(by_radius.hall), world(by_radius.hall):
        secret, folder = by_radius.secrets["munuki"], tmp_path_factory.mktemp("gateway")
        # The file it is given leads to our page, which is seen from the hall at another address than from here.
        house, us = by_radius.house, by_radius.hall.us
        given = requests.get(f"{house.web}/hotspot/{MUNUKI}/login.html", timeout=10).text
        led = given.replace(house.web, f"http://{us}:{house.port}")
        found = Gateway(
            by_radius.hall, folder, secret=secret, interim_s=1.0, login_page=led, garden=(us, house.port), **ports
        )
        found.start()
        try:
            yield found
        finally:
            found.cut_power()


@pytest.fixture
def gateway(standing_gateway):
    """The same with nobody online: whoever the story before left there goes."""
    if standing_gateway.process is None:
        standing_gateway.start()
    for name in PHONES:
        Device(standing_gateway.hall, name).logs_out()
    return standing_gateway


@pytest.fixture
def chance(request):
    """The suite's seed and the name of the story."""
    seed = request.config.getoption("randomly_seed", None)
    seed = seed if isinstance(seed, int) else int(time.time())
    note(f"seed {seed}")
    return random.Random(f"{seed}:{request.node.name}")
