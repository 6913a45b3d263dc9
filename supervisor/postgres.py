"""PostgreSQL from PyPI, run from a folder: recovered after any cut, reached through a closed socket."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import quote

from supervisor.child import Program, end, spawn
from supervisor.cluster import (
    DATABASE,
    ROLE,
    binary,
    check_version,
    choose_identity,
    environment,
    make_cluster,
    owner_of,
)
from supervisor.errors import CannotRunError
from supervisor.launch import SAME
from supervisor.leftovers import end_all_in, living_in, wait_until
from supervisor.locks import FileLock
from supervisor.sockets import socket_directory

__all__ = ["DATABASE", "ROLE", "EmbeddedPostgres", "binary"]

_SOCKET_NAME: Final = ".s.PGSQL.5432"
_READY_WITHIN_S: Final = 120.0  # crash recovery of a busy day on a slow card

# Small on purpose: all processes of the demo share 700 MB. On the command line, so that a release can change them.
_SETTINGS: Final = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "24MB",
    "effective_cache_size": "256MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "wal_compression": "on",
    "io_method": "sync",  # no I/O worker processes
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_worker_slots": "2",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
# synchronous_commit stays on even so: next to nothing without fsync, and a killed server still keeps what it promised
_FORGETFUL: Final = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One cluster under `home/postgres`. `start()` gives the SQLAlchemy URL, `stop()` ends it.

    `durable=False` is for tests alone: it drops fsync, and the first power cut would take everything.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.data = self.home / "postgres"
        self.durable = durable
        self._lock = FileLock(self.home / "postgres.lock")
        self._sockets: Path | None = None
        self._identity = SAME
        self._process: subprocess.Popen[bytes] | None = None

    # ------------------------------------------------------------------ for the supervisor

    def prepare(self) -> None:
        """Make or mend whatever the last end left: lock, cluster, dead pid files, socket folder.

        Raises:
            CannotRunError: another start holds this home, or the cluster cannot be made here.
        """
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._lock.take():
            raise CannotRunError(f"PostgreSQL in {self.home} is already in use by process {self._lock.holder()}.")
        self._identity = choose_identity(self.data)
        if (self.data / "PG_VERSION").exists():
            check_version(self.data)
        else:
            make_cluster(self.data, self._identity, durable=self.durable)
        self._sockets = socket_directory(self.home / "postgres-socket", _SOCKET_NAME, owner_of(self._identity))
        self._clear_leftovers()

    def program(self) -> Program:
        """How the supervisor runs it. The kernel's message to an orphan is an immediate shutdown; WAL does the rest."""
        self.prepare()
        settings = _SETTINGS | {"unix_socket_directories": str(self._sockets)}
        settings |= {} if self.durable else _FORGETFUL
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(binary("postgres")), "-D", str(self.data), *options),
            environment=environment(),
            directory=self.home,
            identity=self._identity,
            prepare=self.prepare,
            is_ready=self.is_ready,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGQUIT,
        )

    def is_ready(self, pid: int) -> bool:
        """True once this very process accepts connections: the last line of its pid file says so."""
        lines = _pid_file_lines(self.data)
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready"]

    @property
    def url(self) -> str:
        """The SQLAlchemy URL; a socket, so nothing on the network and no password to keep."""
        return f"postgresql+psycopg2://{ROLE}@/{DATABASE}?host={quote(str(self.socket_directory), safe='/')}"

    @property
    def socket_directory(self) -> Path:
        """Where its socket is (or will be)."""
        if self._sockets is None:
            self._sockets = socket_directory(self.home / "postgres-socket", _SOCKET_NAME, owner_of(self._identity))
        return self._sockets

    # ------------------------------------------------------------------ for tests and errands

    def start(self, within_s: float = _READY_WITHIN_S) -> str:
        """Start and wait until it answers; logs to `home/log/postgres.log`. Returns the URL.

        Raises:
            CannotRunError: it ended or stayed silent; the log says why.
        """
        if self._process is not None and self._process.poll() is None:
            return self.url
        program = self.program()
        log = self.home / "log" / "postgres.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as output:
            process = self._process = spawn(program, output)
        wait_until(lambda: self.is_ready(process.pid) or process.poll() is not None, within_s)
        if process.poll() is not None or not self.is_ready(process.pid):
            self.stop()
            raise CannotRunError(f"PostgreSQL did not start; {log} says why.")
        return self.url

    def stop(self) -> None:
        """Fast shutdown; harder if it does not listen. Safe to call twice."""
        if self._process is not None:
            end(self._process, ((signal.SIGINT, 10.0), (signal.SIGQUIT, 6.0)))
            self._process = None
        self._lock.close()

    # ------------------------------------------------------------------ inside

    def _clear_leftovers(self) -> None:
        """We hold the lock, so whatever still lives in the folder is an orphan, and any pid file is a dead one's.

        PostgreSQL alone would refuse to start when the number in its pid file now belongs to another program, and
        while backends of a killed server still hold its memory.
        """
        if living_in(self.data, "postgres") and not end_all_in(self.data, "postgres", signal.SIGQUIT):
            raise CannotRunError(f"An old PostgreSQL in {self.data} does not end; the disk may be in trouble.")
        sockets = self.socket_directory
        for stale in (self.data / "postmaster.pid", sockets / _SOCKET_NAME, sockets / f"{_SOCKET_NAME}.lock"):
            stale.unlink(missing_ok=True)


def _pid_file_lines(data: Path) -> list[str]:
    try:
        text = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]
