from __future__ import annotations

import signal

import pytest
from houses import HouseProcess, alive_in, free_port, until


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def house(home):
    house = HouseProcess(home, free_port())
    yield house
    if house.process is not None:
        if house.process.poll() is None:
            house.end(signal.SIGKILL)
        house.process.stdout.close()
        house.stderr.close()
    until(lambda: not alive_in(home))
