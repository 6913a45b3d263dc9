"""Visits side by side: a dead router keeps nobody but itself waiting, and a full sync takes few round trips."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bench.slow_line import SlowLine
from core.gateways.routeros import RouterOsRouter
from core.network import sync as visiting
from core.network.rounds import Busy, Rounds
from core.network.sync import sync_router
from tests.core.network.test_lines_and_house import keep
from tests.networks import Network, names, user

ROUND_TRIP_S = 0.2


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that accepts and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                kept.append(listener.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for line in kept:
        line.close()


def point(net: Network, name: str, port: int) -> None:
    with net.parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET port = :port WHERE name = :name"), {"port": port, "name": name})


def test_a_router_that_accepts_and_never_answers_holds_up_no_other_though_one_works_at_a_time(
    net: Network, black_hole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "ROUTER_TIMEOUT_S", 2.0)
    point(net, "juba-town", black_hole)
    sold = net.sell(ssid="Munuki Net")

    def visit(router_id: int, busy: Busy) -> None:
        sync_router(
            router_id,
            db=net.parts.db,
            connector=RouterOsRouter,
            sealer=net.parts.sealer,
            clock=net.clock,
            busy=busy,
        )

    rounds = Rounds(visit, working_max=1)
    began = time.monotonic()
    assert set(rounds.go(net.town.routers.values())) == set(net.town.routers.values())
    assert rounds.go([net.town.routers["juba-town"]]) == []  # it is under way
    while sold.username not in names(net.munuki):
        assert time.monotonic() - began < 1.5
        time.sleep(0.01)
    rounds.wait(10)
    assert net.router()["failures"] == 1
    assert rounds.go([net.town.routers["munuki"]]) == [net.town.routers["munuki"]]
    rounds.wait(10)


def test_a_visit_that_breaks_gives_its_place_back() -> None:
    def visit(_router_id: int, _busy: Busy) -> None:
        raise ZeroDivisionError

    rounds = Rounds(visit, waiting_max=1)
    assert rounds.go([1, 2]) == [1]
    rounds.wait(5)
    assert rounds.go([2]) == [2]
    rounds.wait(5)


class Turn:
    """A place that is free only after a while, and what happens meanwhile."""

    def __init__(self, net: Network, seconds: float, meanwhile=lambda: None) -> None:
        self.net, self.seconds, self.meanwhile = net, seconds, meanwhile

    def __enter__(self) -> None:
        self.net.clock.advance(seconds=self.seconds)
        self.meanwhile()

    def __exit__(self, *_error: object) -> None:
        pass


def test_a_visit_that_waited_long_for_its_turn_begins_its_lease_anew(net: Network) -> None:
    sold = net.sell()
    assert keep(net, busy=Turn(net, 80))
    assert net.placement(sold.grant_id)["confirmed_at"] is not None
    assert net.router()["failures"] == 0


def test_a_visit_whose_lease_passed_to_another_while_it_waited_does_nothing(net: Network) -> None:
    sold = net.sell()

    def another_takes_over() -> None:
        until = net.clock.now() + timedelta(seconds=90)
        with net.parts.db.transaction() as tx:
            tx.execute(text("UPDATE router SET leased_until = :until WHERE name = 'juba-town'"), {"until": until})

    assert keep(net, busy=Turn(net, 100, another_takes_over))
    assert sold.username not in names(net.juba)
    assert net.placement(sold.grant_id)["confirmed_at"] is None
    assert net.router()["leased_until"] > net.clock.now()


def test_a_full_sync_of_many_users_waits_for_few_round_trips_and_the_next_reads_each_menu_once(net: Network) -> None:
    sold = [net.sell() for _ in range(30)]
    with net.parts.db.transaction() as tx:
        tx.execute(
            text("""
            INSERT INTO access_grant (username, password_sealed, router_id, duration_s, down_kbps, up_kbps, devices_max,
                                      status, granted_at, used_bytes)
              SELECT 'many' || n, (SELECT password_sealed FROM access_grant LIMIT 1), :router, 3600, 2000, 512, 1,
                     'waiting', :now, 0 FROM generate_series(1, 1500) n
            """),
            {"router": net.town.routers["juba-town"], "now": net.clock.now()},
        )
        tx.execute(
            text("""
            INSERT INTO placement (grant_id, router_id, wanted, wanted_at, tries)
              SELECT id, router_id, 'present', granted_at, 0 FROM access_grant WHERE username LIKE 'many%'
            RETURNING grant_id
            """)
        )
        net.unsold += tx.execute(text("SELECT id FROM access_grant WHERE username LIKE 'many%'")).scalars().all()
    with SlowLine(net.juba.port, ROUND_TRIP_S / 2) as line:
        point(net, "juba-town", line.port)
        began = time.monotonic()
        keep(net)
        took = time.monotonic() - began
        assert len(names(net.juba)) == 1 + 1530
        assert user(net.juba, sold[0].username) is not None
        # Log-in, greeting, look, profiles, users: five. The rest is what both ends compute.
        assert took < 5 * ROUND_TRIP_S + 5
        net.juba.heard.clear()
        began = time.monotonic()
        keep(net)
        assert time.monotonic() - began < 3 * ROUND_TRIP_S + 3
    assert net.juba.heard == {
        f"{path}/print": 1
        for path in (
            "/system/resource",
            "/system/identity",
            "/ip/hotspot/active",
            "/ip/hotspot/user",
            "/ip/hotspot/user/profile",
            "/ppp/profile",
            "/ppp/secret",
            "/ip/hotspot/walled-garden",
            "/radius",
        )
    }
