"""Log-ins and interims through FreeRADIUS: on our schema, against plain `radcheck` and `radreply` tables.

Both are the same FreeRADIUS, set up as `deploy/freeradius` has it, on the same PostgreSQL with fsync, in turn, with
100,000 subjects and the same answers. The plain one has Debian's own queries, its accounting included, and a NAS that
it need not look up. Ours must be let in by leave, time, bytes and devices, from a sealed password. What comes out is
the worse of the two comparisons; the other stands beside it.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, text

from bench import Measured, compare
from bench.house import ROOT, servers
from bench.radius_server import Server, freeradius, plain_folder, program
from core.db.copy import copy_rows
from core.db.migrate import migrate
from core.network.models import RouterRow
from core.parts import Parts, assemble
from core.settings import load

SUBJECTS: Final = 100_000
RUNS: Final = 7
PACKETS_A_RUN: Final = 4000
PARALLEL: Final = 32
NAS: Final = "127.0.0.1"
SECRET: Final = "secret-of-the-bench"  # noqa: S105 - of a server that lives for a minute
GIB: Final = 2**30
_PLAIN: Final = (
    """
    INSERT INTO radcheck (username, attribute, op, value)
      SELECT username, 'Cleartext-Password', '\\:=', 'pw' || substr(username, 2) FROM access_grant
    """,
    """
    INSERT INTO radreply (username, attribute, op, value)
      SELECT g.username, r.attribute, '\\:=', r.value FROM access_grant g, LATERAL (VALUES
        ('Mikrotik-Rate-Limit', '512k/2000k'), ('WISPr-Bandwidth-Max-Up', '512000'),
        ('WISPr-Bandwidth-Max-Down', '2000000'), ('Session-Timeout', g.duration_s::text),
        ('Mikrotik-Total-Limit', '2147483648'), ('Mikrotik-Total-Limit-Gigawords', '1'), ('Idle-Timeout', '900'),
        ('Acct-Interim-Interval', '300'), ('Port-Limit', '2'), ('Class', 'grant ' || g.id)) r (attribute, value)
    """,
    f"""
    INSERT INTO radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime, acctupdatetime)
      SELECT 's' || username, md5(username || ',s' || username || ',{NAS},,,'), username, '{NAS}', now(), now()
      FROM access_grant
    """,
    f"""
    INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address, started_at, heard_at,
                               cause)
      SELECT '{NAS}', 's' || username, username, router_id, id, 'radius', '02:00:00:00:00:01', '', now(), now(), ''
      FROM access_grant
    """,
)


def measure() -> Measured:
    """Rates in packets a second. The lower ratio, of log-ins or of interims.

    Raises:
        CannotRunError: FreeRADIUS is not installed.
    """
    program("freeradius")
    with ExitStack() as house:
        environ = house.enter_context(servers())
        parts = assemble(load(environ), ring=lambda _bell: None)
        house.callback(parts.db.close)
        migrate(parts.db.engine)
        folder = Path(environ["SHABAKA_BENCH_FOLDER"])
        _plant(parts)
        key = parts.sealer.radius.setting
        ours = house.enter_context(freeradius(environ["DATABASE_URL"], key, ROOT / "deploy" / "freeradius"))
        plain = house.enter_context(
            freeradius(environ["DATABASE_URL"], key, plain_folder(folder, client=NAS, secret=SECRET))
        )
        _same_answers(ours, plain, folder)
        logged_in = _in_turn(ours, plain, folder, "auth", _log_in)
        told = _in_turn(ours, plain, folder, "acct", _interim)
    logins, interims = compare("radius", "log-ins/s", *logged_in), compare("radius", "interims/s", *told)
    worse, other = sorted((logins, interims), key=lambda one: one.ratio)
    return replace(worse, also=f"{other.ours} {other.unit}, ceiling {other.ceiling}, ratio {other.ratio}")


def _plant(parts: Parts) -> None:
    """100,000 who are online, all with an end and a limit: every answer has all there is to say."""
    now = datetime.now(UTC)
    with parts.db.transaction() as tx:
        router = insert(RouterRow).values(
            name="bench", host=NAS, port=1, username="-", password_sealed="", full_sync_due_at=now, failures=0,
            access_by="radius", nas_address=NAS, radius_secret=parts.sealer.radius.seal(SECRET),
        )  # fmt: skip
        router_id = tx.execute(router.returning(RouterRow.id)).scalar_one()
        columns = {
            "router_id": router_id, "duration_s": 30 * 86400, "data_bytes": 6 * GIB, "down_kbps": 2000, "up_kbps": 512,
            "devices_max": 2, "status": "running", "granted_at": now, "first_used_at": now,
            "ends_at": now + timedelta(seconds=30 * 86400), "used_bytes": 0, "password_sealed": "-",
        }  # fmt: skip
        rows = (
            (f"u{number:06}", parts.sealer.radius.seal(f"pw{number:06}"), *columns.values())
            for number in range(SUBJECTS)
        )
        copy_rows(tx, "access_grant", ("username", "radius_sealed", *columns), rows)
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        schema = Path("/etc/freeradius/3.0/mods-config/sql/main/postgresql/schema.sql").read_text(encoding="utf-8")
        connection.exec_driver_sql(schema)
        for statement in _PLAIN:
            connection.execute(text(statement))
        connection.exec_driver_sql("VACUUM ANALYZE")


def _log_in(number: int) -> dict[str, Any]:
    return {"User-Name": f'"u{number:06}"', "User-Password": f'"pw{number:06}"', "NAS-IP-Address": NAS,
            "Calling-Station-Id": '"02-00-00-00-00-02"', "Message-Authenticator": "0x00"}  # fmt: skip


def _interim(number: int) -> dict[str, Any]:
    return {"User-Name": f'"u{number:06}"', "Acct-Status-Type": "Interim-Update", "NAS-IP-Address": NAS,
            "Acct-Session-Id": f'"su{number:06}"', "Calling-Station-Id": '"02-00-00-00-00-01"',
            "Framed-IP-Address": "10.5.50.7", "Acct-Session-Time": 300, "Acct-Input-Octets": number,
            "Acct-Output-Octets": 10 * number}  # fmt: skip


def _in_turn(
    ours: Server, plain: Server, folder: Path, kind: str, packet: Callable[[int], dict[str, Any]]
) -> tuple[list[float], list[float]]:
    """Rates of both, the first run of each thrown away: it warms plans and caches."""
    chosen = random.Random(5)
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(RUNS + 1):
        subjects = chosen.sample(range(SUBJECTS), PACKETS_A_RUN)
        with _file(folder, [packet(subject) for subject in subjects]) as path:
            for server, into in ((ours, rates[0]), (plain, rates[1])):
                rate = _send(server, kind, path, len(subjects))
                if number:
                    into.append(rate)
    return rates


@contextmanager
def _file(folder: Path, packets: list[dict[str, Any]]) -> Iterator[Path]:
    path = folder / "packets"
    path.write_text(
        "\n\n".join("\n".join(f"{name} = {value}" for name, value in packet.items()) for packet in packets),
        encoding="utf-8",
    )
    yield path
    path.unlink()


def _send(server: Server, kind: str, path: Path, count: int) -> float:
    """Packets a second. A packet without its right answer ends the bench."""
    port = server.auth if kind == "auth" else server.acct
    command = [program("radclient"), "-q", "-s", "-p", str(PARALLEL), "-t", "10", "-f", str(path)]
    began = time.perf_counter()
    done = subprocess.run([*command, f"{NAS}:{port}", kind, SECRET], capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode or f"Accepted      : {count}\n" not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    return count / took


def _same_answers(ours: Server, plain: Server, folder: Path) -> None:
    """A bench that compares different work is refused."""
    said = []
    with _file(folder, [_log_in(7)]) as path:
        for server in (ours, plain):
            command = [program("radclient"), "-x", "-f", str(path), f"{NAS}:{server.auth}", "auth", SECRET]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            answer = told[told.index("Received Access-Accept") :].splitlines()[1:]
            said.append({line.split(" = ")[0].strip() for line in answer if " = " in line})
    if said[0] != said[1]:
        raise AssertionError(f"ours says {said[0]}, the plain one {said[1]}")
