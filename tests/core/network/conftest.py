"""Two simulated routers over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.integrity import all_faults
from core.parts import Parts
from sandbox.routeros import SimulatedRouter
from tests.networks import Network
from tests.town import Town


@pytest.fixture
def net(town: Town, parts: Parts, clock: FixedClock, tmp_path: Path) -> Iterator[Network]:
    with ExitStack() as stack:
        routers = {}
        for name, router_id in town.routers.items():
            running = stack.enter_context(
                SimulatedRouter(
                    name, "127.0.0.1", 0, "api", "router-password", tmp_path, clock=lambda: clock.now().timestamp()
                )
            )
            running.pass_time(100_000)
            with parts.db.transaction() as tx:
                tx.execute(
                    text("UPDATE router SET port = :port WHERE id = :id"), {"port": running.port, "id": router_id}
                )
            routers[name] = running
        network = Network(town, routers)
        yield network
    with parts.db.reading() as connection:
        faults = all_faults(connection, parts.clock.now())
    assert [
        fault for fault in faults if fault not in [f"every grant was sold: grant {one}" for one in network.unsold]
    ] == []
