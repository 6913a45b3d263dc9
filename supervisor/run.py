"""`shabaka run`: everything, in one foreground command that a power cut may end at any instant.

lock ─ redis ┬ postgres ─ (migrate ─ seed) ─ web, worker, timetable ─ ready
             └ sandbox ────────┘ in brackets only when something changed
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from supervisor.child import Program
from supervisor.compiled import keep_compiled
from supervisor.errors import CannotRunError
from supervisor.freshness import StartRecord, database_identity
from supervisor.household import House, environment, write_town
from supervisor.keepsakes import becomes_free
from supervisor.launch import die_with_parent
from supervisor.locks import FileLock
from supervisor.postgres import EmbeddedPostgres
from supervisor.probes import alive_for, answers_ok, listens
from supervisor.processes import Child, StopRequested, Supervisor
from supervisor.redis import EmbeddedRedis

ROOT: Final = Path(__file__).resolve().parent.parent
SERVERS_READY_S: Final = 120.0
ERRAND_S: Final = 600.0
WEB_READY_S: Final = 120.0
PORT_FREE_S: Final = 3.0
SETTLED_S: Final = 1.2
_STOP_ORDER: Final = (("web", "worker", "timetable", "sandbox"), ("redis",), ("postgres",))


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What each child is; `{home}` is filled in. Tests put stand-ins here."""

    migrate: tuple[str, ...] = field(default_factory=lambda: _python("-m", "cli", "migrate"))
    seed: tuple[str, ...] = field(default_factory=lambda: _python("-m", "cli", "seed"))
    web: tuple[str, ...] = field(
        default_factory=lambda: _python("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:create_app()")
    )
    worker: tuple[str, ...] = field(
        default_factory=lambda: _python(
            "-m", "celery", "-A", "worker", "worker", "--pool", "threads", "--concurrency", "14",
            "--hostname", "worker@shabaka", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
        )
    )  # fmt: skip
    timetable: tuple[str, ...] = field(
        default_factory=lambda: _python(
            "-m", "celery", "-A", "timetable", "beat", "--schedule", "{home}/timetable", "--pidfile", "",
            "--loglevel", "WARNING",
        )
    )  # fmt: skip
    sandbox: tuple[str, ...] = field(default_factory=lambda: _python("-m", "sandbox", "--home", "{home}"))
    root: Path = ROOT


def run(*, home: Path, port: int, demo: bool, environ: Mapping[str, str], commands: Commands | None = None) -> int:
    """Start everything, keep it alive until told to end, end it in order. The exit status."""
    if environ.get("SHABAKA_STOP_WITH_PARENT") == "1":  # `make run`: a killed make must not leave a house behind
        die_with_parent(signal.SIGTERM)
    try:
        home = home.resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _take_home(home)
        house = House(home=home, port=port, demo=demo, environ=environ)
        with contextlib.closing(lock):
            return _Run(house, commands or Commands()).whole()
    except CannotRunError as fault:
        sys.stderr.write(f"{fault}\n")
    except OSError as fault:
        sys.stderr.write(f"Shabaka cannot run in {home}: {fault}.\n")
    return 1


def _take_home(home: Path) -> FileLock:
    lock = FileLock(home / "lock")
    if not lock.take():
        raise CannotRunError(f"Shabaka is already running in {home} (process {lock.holder()}).")
    return lock


class _Run:
    """One start of one house, from the lock to the last child's end."""

    def __init__(self, house: House, commands: Commands) -> None:
        self.house = house
        self.commands = commands
        self.supervisor = Supervisor(house.home / "log")
        self.environment: dict[str, str] = {}

    def whole(self) -> int:
        self.supervisor.listen()
        try:
            self._start()
            self._say_ready()
            while True:
                self.supervisor.tend()
        except StopRequested:
            return 0
        finally:
            self.supervisor.stop(*_STOP_ORDER)

    def _start(self) -> None:
        port = self.house.port
        if not becomes_free(port, PORT_FREE_S):
            raise CannotRunError(f"Port {port} is taken by another program; choose another: make run PORT={port + 1}.")
        postgres = self._start_servers()
        if self.house.demo:
            self._start_town()
        keep_compiled(self.commands.root)  # while the servers start
        record = StartRecord(self.house.home, self.commands.root, demo=self.house.demo)
        self.supervisor.wait_until_ready(*self._kept_alive(except_for="sandbox"), within_s=SERVERS_READY_S)
        if not record.matches(_identity(postgres)):
            self._errand("migrate", self.commands.migrate)
            if self.house.demo:
                self._seed()
            record.write(_identity(postgres))
        self._start_product()
        self.supervisor.wait_until_ready(*self._kept_alive(), within_s=WEB_READY_S)

    def _kept_alive(self, except_for: str = "") -> list[str]:
        children = self.supervisor.children.items()
        return [name for name, child in children if not child.program.once and name != except_for]

    def _start_servers(self) -> EmbeddedPostgres | None:
        """Redis first: making or mending the cluster takes a moment, and Redis uses it to start."""
        database_url, redis_url = (self.house.environ.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL"))
        postgres = None
        if not redis_url:
            redis = EmbeddedRedis(self.house.home)
            self.supervisor.start(redis.program())
            redis_url = redis.url
        if not database_url:
            postgres = EmbeddedPostgres(self.house.home)
            if not postgres.data.exists():
                self.supervisor.say("making the database; the first start takes a little longer")
            self.supervisor.start(postgres.program())
            database_url = postgres.url
        self.environment = environment(self.house, database_url=database_url, redis_url=redis_url)
        return postgres

    def _start_town(self) -> None:
        port = write_town(self.house, self.environment)
        self._start_child("sandbox", self.commands.sandbox, ready=lambda _pid: listens(port))

    def _errand(self, name: str, command: tuple[str, ...]) -> None:
        child = self._start_child(name, command, once=True)
        self.supervisor.wait_for(lambda: child.exit_status is not None, name, ERRAND_S)
        if child.exit_status != 0:
            raise CannotRunError(f"`shabaka {name}` failed; {self.supervisor.log_directory / name}.log says why.")

    def _seed(self) -> None:
        """The town first: seeding may want to speak to its routers. New residents need new phones on its page."""
        self.supervisor.wait_until_ready("sandbox", within_s=SERVERS_READY_S)
        town = self.house.home / "sandbox.json"
        before = town.read_bytes()
        self._errand("seed", self.commands.seed)
        if town.read_bytes() != before:
            self.supervisor.restart("sandbox")

    def _start_product(self) -> None:
        port = self.house.port
        self._start_child("web", self.commands.web, ready=lambda _pid: answers_ok(port, "/health/ready"))
        self._start_child("worker", self.commands.worker, ready=alive_for(SETTLED_S))
        self._start_child("timetable", self.commands.timetable, ready=alive_for(SETTLED_S))

    def _start_child(
        self, name: str, command: tuple[str, ...], *, ready: Callable[[int], bool] | None = None, once: bool = False
    ) -> Child:
        home = str(self.house.home)
        program = Program(
            name=name,
            command=tuple(part.replace("{home}", home) for part in command),
            environment=self.environment | {"PORT": str(self.house.port)},
            directory=self.commands.root,
            is_ready=ready or (lambda _pid: True),
            once=once,
        )
        return self.supervisor.start(program)

    def _say_ready(self) -> None:
        self.supervisor.say(f"ready; home is {self.house.home}")
        try:
            sys.stdout.write(f"Shabaka is ready: {self.house.web}/\n")
            sys.stdout.flush()
        except OSError:  # whoever started us no longer reads; that is no reason to end
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter would complain at exit


def _identity(postgres: EmbeddedPostgres | None) -> str | None:
    """None for a server that is not ours: with that one, every start migrates."""
    return database_identity(postgres.socket_directory) if postgres else None
