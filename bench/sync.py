"""A full sync of a router with 2,000 users: the round trips it takes, against those that pipelining needs.

Ours is a visit as the worker makes it, database and all, to a router that holds nothing yet. The ceiling is a bare
socket that knows what to say: it logs in, asks for everything at once, then sends all profiles, then all users, and
waits for the answers of each batch. Both talk to the same pretend router, once over a line with a round trip of one
second and once without: the difference is how many round trips they waited for, whatever either computes meanwhile.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from routeros_api.base_api import encode_length
from sqlalchemy import text

from bench import Measured, compare
from bench.house import servers
from bench.slow_line import SlowLine
from core import logs
from core.db.migrate import migrate
from core.gateways.routeros import RouterOsRouter
from core.network.house import house_of
from core.network.sync import sync_router
from core.parts import Parts, assemble
from core.settings import load
from sandbox.routeros import SimulatedRouter

USERS: Final = 2_000
ROUND_TRIP_S: Final = 1.0
RUNS: Final = 5
PASSWORD: Final = "bench-password"  # noqa: S105 - of a pretend router

_GRANTS: Final = text("""
    INSERT INTO access_grant (username, password_sealed, router_id, duration_s, down_kbps, up_kbps, devices_max, status,
                              granted_at, used_bytes)
      SELECT 'user' || n, :sealed, :router, 3600, 2000 + 1000 * (n % 5), 512, 1, 'waiting', now(), 0
      FROM generate_series(1, :count) n
""")
_PLACEMENTS: Final = text("""
    INSERT INTO placement (grant_id, router_id, wanted, wanted_at, tries)
      SELECT id, router_id, 'present', now(), 0 FROM access_grant
""")
_READS: Final = (
    "/system/resource/print",
    "/ip/hotspot/active/print",
    "/ip/hotspot/user/print",
    "/ip/hotspot/user/profile/print",
    "/ppp/profile/print",
    "/ppp/secret/print",
    "/ip/hotspot/walled-garden/print",
    "/radius/print",
)


def measure() -> Measured:
    """Both in turn, each to a router that is empty."""
    ours: list[float] = []
    bare: list[float] = []
    logs.configure("ERROR", ())  # a line for each visit is no result
    with servers() as environ, tempfile.TemporaryDirectory() as folder:
        parts = assemble(load(environ), ring=lambda _bell: None, pool_size=4)
        migrate(parts.db.engine)
        router_id = _plant(parts)
        for run in range(RUNS):
            bare.append(USERS / _trips(Path(folder), f"bare{run}", _bare))
            ours.append(USERS / _trips(Path(folder), f"ours{run}", lambda port: _ours(parts, router_id, port)))
        parts.db.close()
    return compare("sync", "users/round trip", ours, bare)


def _plant(parts: Parts) -> int:
    sealed = parts.sealer.seal("a password")
    with parts.db.transaction() as tx:
        router = text("""
            INSERT INTO router (name, host, port, username, password_sealed, full_sync_due_at, failures)
            VALUES ('bench', '127.0.0.1', 1, 'api', :sealed, now(), 0) RETURNING id
        """)
        router_id = int(tx.execute(router, {"sealed": parts.sealer.seal(PASSWORD)}).scalar_one())
        tx.execute(_GRANTS, {"sealed": sealed, "router": router_id, "count": USERS})
        tx.execute(_PLACEMENTS)
    return router_id


def _trips(folder: Path, name: str, act: Callable[[int], None]) -> float:
    """How many round trips an act waits for."""
    far = _on_an_empty_router(folder, f"{name}-far", act, ROUND_TRIP_S)
    return (far - _on_an_empty_router(folder, f"{name}-near", act, 0.0)) / ROUND_TRIP_S


def _on_an_empty_router(folder: Path, name: str, act: Callable[[int], None], round_trip_s: float) -> float:
    with (
        SimulatedRouter(name, "127.0.0.1", 0, "api", PASSWORD, folder) as router,
        SlowLine(router.port, round_trip_s / 2) as line,
    ):
        began = time.perf_counter()
        act(line.port)
        took = time.perf_counter() - began
        held = len(router.state()["users"]) - 1  # one is the router's own
    if held != USERS:
        raise AssertionError(f"{held} users on the router, not {USERS}")
    return took


def _ours(parts: Parts, router_id: int, port: int) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET port = :port, full_sync_due_at = now()"), {"port": port})
        tx.execute(text("UPDATE placement SET confirmed_at = NULL, tries = 0"))
    house = house_of(parts.settings, parts.sealer.radius.open)
    sync_router(
        router_id,
        db=parts.db,
        connector=RouterOsRouter,
        sealer=parts.sealer,
        clock=parts.clock,
        force=True,
        house=house,
    )
    with parts.db.reading() as connection:
        left = connection.execute(text("SELECT count(*) FROM placement WHERE confirmed_at IS NULL")).scalar_one()
    if left:
        raise AssertionError(f"{left} users are not confirmed")


def _bare(port: int) -> None:
    tiers = [f"tier{number}" for number in range(5)]
    with socket.create_connection(("127.0.0.1", port)) as line:
        _trip(line, [["/login", "=name=api", f"=password={PASSWORD}"]])
        _trip(line, [[read] for read in _READS])
        _trip(line, [["/ip/hotspot/user/profile/add", f"=name={tier}", "=rate-limit=512k/2M"] for tier in tiers])
        words = ["=password=a password", "=limit-uptime=3600s", "=limit-bytes-total=0", "=disabled=no"]
        _trip(
            line,
            [
                ["/ip/hotspot/user/add", f"=name=user{n}", f"=comment=bench:{n}", f"=profile={tiers[n % 5]}", *words]
                for n in range(USERS)
            ],
        )


def _trip(line: socket.socket, sentences: list[list[str]]) -> None:
    """Say all of it and read until each has been answered."""
    said = b"".join(
        b"".join(encode_length(len(word.encode())) + word.encode() for word in sentence) + b"\x00"
        for sentence in sentences
    )
    line.setblocking(True)
    done, tail = 0, b""
    sent = 0
    while done < len(sentences):
        if sent < len(said):
            sent += line.send(said[sent : sent + 65_536])
            continue
        heard = tail + line.recv(1 << 20)
        done += heard.count(b"\x05!done")
        tail = heard[-5:]  # one byte less than what is counted
