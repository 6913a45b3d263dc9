"""Expiring tokens on 20 routers, 5 of them dead, against the same on the living 15 alone.

Each living router holds 500 tokens that are over at this moment; ours has five more, with 500 each, that are dead: two
accept a connection and never answer, one answers half a word, two refuse. What is timed is from the first token ended
to the last one disabled on a living router, as the worker does it: the expiry, and rounds of visits rung by it. The
figures are tokens of living routers a second; a ratio of 1 means that the dead cost the living nothing.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from core import logs
from core.db.migrate import migrate
from core.gateways.routeros import RouterOsRouter
from core.network.expire import expire_due
from core.network.rounds import Busy, Rounds
from core.network.sync import sync_router
from core.network.visits import due_routers
from core.parts import Parts, assemble
from core.settings import load
from sandbox.routeros import SimulatedRouter

LIVING: Final = 15
DEAD: Final = 5
TOKENS_EACH: Final = 500
RUNS: Final = 5
SWEEP_S: Final = 0.25  # bells within a moment are rung as one
PATIENCE_S: Final = 120
PASSWORD: Final = "bench-password"  # noqa: S105 - of a pretend router

_ROUTER: Final = text("""
    INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures, last_seen_at,
                        last_uptime_s)
    VALUES (:name, '127.0.0.1', :port, 'api', :sealed, now() + interval '1 hour', 0, now(), 0) RETURNING id
""")
_TOKENS: Final = text("""
    INSERT INTO access_grant (username, password_sealed, router_id, duration_s, down_kbps, up_kbps, devices_max, status,
                              granted_at, first_used_at, ends_at, used_bytes)
      SELECT 'r' || :router || 'n' || n, :sealed, :router, 3600, 2000, 512, 1, 'running', now() - interval '2 hours',
             now() - interval '1 hour', now(), 0
      FROM generate_series(1, :count) n
""")
_TOLD: Final = text("""
    INSERT INTO placement (grant_id, router_id, wanted, wanted_at, confirmed_at, tries)
      SELECT id, router_id, 'present', granted_at, granted_at, 0 FROM access_grant WHERE router_id = :router
""")
_HELD: Final = text("SELECT id, username FROM access_grant WHERE router_id = :router")
_LEFT: Final = text("""
    SELECT count(*) FROM access_grant g JOIN placement p ON p.grant_id = g.id
    WHERE g.router_id = ANY(:living) AND (g.status = 'running' OR p.confirmed_at IS NULL)
""")
# The routers of an earlier run are visited no more.
_PUT_AWAY: Final = text("UPDATE router SET leased_until = now() + interval '1 day'")


def measure() -> Measured:
    """Both in turn, each on routers of its own."""
    ours: list[float] = []
    alone: list[float] = []
    logs.configure("ERROR", ())  # a line for each visit is no result
    with servers() as environ, tempfile.TemporaryDirectory() as folder:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=6)
        migrate(parts.db.engine)
        for run in range(RUNS):
            alone.append(LIVING * TOKENS_EACH / _expire(parts, Path(folder) / f"alone{run}", dead=0))
            ours.append(LIVING * TOKENS_EACH / _expire(parts, Path(folder) / f"ours{run}", dead=DEAD))
        parts.db.close()
    return compare("expiry", "tokens/s", ours, alone)


def _expire(parts: Parts, folder: Path, *, dead: int) -> float:
    with parts.db.transaction() as tx:
        tx.execute(_PUT_AWAY)
    with ExitStack() as stack:
        ports = [stack.enter_context(_black_hole(b"")) for _ in range(min(dead, 2))]
        ports += [stack.enter_context(_black_hole(b"\x05!d")) for _ in range(1 if dead else 0)]
        ports += [_refused_port() for _ in range(max(0, dead - 3))]
        # The dead come first wherever rows are read in order: they have every chance to be in the way.
        for number, port in enumerate(ports):
            _router(parts, f"{folder.name}-dead{number}", port)
        living = []
        for number in range(LIVING):
            sim = stack.enter_context(SimulatedRouter(f"alive{number}", "127.0.0.1", 0, "api", PASSWORD, folder))
            router_id = _router(parts, f"{folder.name}-alive{number}", sim.port)
            _hold(parts, sim, router_id)
            living.append(router_id)
        return _time(parts, living)


def _time(parts: Parts, living: list[int]) -> float:
    def visit(router_id: int, busy: Busy) -> None:
        sync_router(router_id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock, busy=busy)

    rounds = Rounds(visit)
    began = time.perf_counter()
    ending = threading.Thread(target=expire_due, args=(parts.db, parts.clock.now()))
    ending.start()
    while time.perf_counter() - began < PATIENCE_S:
        rounds.go(due_routers(parts.db, parts.clock.now()))
        with parts.db.reading() as connection:
            if not connection.execute(_LEFT, {"living": living}).scalar_one():
                break
        time.sleep(SWEEP_S)
    else:
        raise AssertionError("the living routers were not told in time")
    took = time.perf_counter() - began
    ending.join()
    rounds.wait(30)
    return took


def _router(parts: Parts, name: str, port: int) -> int:
    facts = {"name": name, "port": port, "sealed": parts.sealer.seal(PASSWORD)}
    with parts.db.transaction() as tx:
        router_id = int(tx.execute(_ROUTER, facts).scalar_one())
        tokens = {"router": router_id, "sealed": parts.sealer.seal("a password"), "count": TOKENS_EACH}
        tx.execute(_TOKENS, tokens)
        tx.execute(_TOLD, {"router": router_id})
    return router_id


def _hold(parts: Parts, sim: SimulatedRouter, router_id: int) -> None:
    """The router holds its tokens already."""
    with parts.db.reading() as connection:
        lines = [
            f'/ip hotspot user add name={row.username} password="a password" comment="shabaka:{row.id}"'
            for row in connection.execute(_HELD, {"router": router_id})
        ]
    if errors := sim.paste("\n".join(lines)):
        raise AssertionError(errors[0])


@contextmanager
def _black_hole(says: bytes) -> Iterator[int]:
    """A port that accepts, says this, and then nothing for ever."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    kept: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                line.sendall(says)
                kept.append(line)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in kept:
            line.close()


def _refused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
