"""A whole Shabaka of one test process: `shabaka run --demo` and everybody it starts."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import psycopg2.extras
import requests

from supervisor.household import environment_of
from tests.end_to_end.waiting import await_until

ROOT = Path(__file__).resolve().parents[2]
FIRST_START_S = 180
TIMEOUT_S = 20
# role -> what its command line holds; the first of them in the tree is the one the supervisor started
ROLES = {
    "web": "gunicorn",
    "worker": "-A worker",
    "timetable": "-A timetable",
    "sandbox": "-m sandbox",
    "redis": "redis-server",
    "postgres": "bin/postgres",
}


class House:
    """One home folder, and the processes that live in it."""

    def __init__(self, folder: Path, told: Mapping[str, str] | None = None) -> None:
        """`told`: what its environment holds beyond ours."""
        self.home = folder / "home"
        self._told = dict(told or {})
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._errors = folder / "stderr"
        self._numbers = itertools.count(1)

    def is_seen_from_everywhere(self) -> None:
        """Its web answers at every address of this machine, from the next start on."""
        self._told["SHABAKA_BIND"] = f"0.0.0.0:{self.port}"

    # ------------------------------------------------------------------ living

    def start(self) -> float:
        """Start as `make run` does; the seconds until it says that it is ready."""
        began = time.monotonic()
        command = [sys.executable, "-m", "cli", "run", "--demo", "--home", str(self.home), "--port", str(self.port)]
        with self._errors.open("ab") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environ() | self._told,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line == f"Shabaka is ready: http://127.0.0.1:{self.port}/\n", self.said()[-3000:]
        return time.monotonic() - began

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process group, and wait until nobody of the house lives."""
        if self.process is None:
            return
        family = self.family()
        os.killpg(self.process.pid, how)
        self.process.wait(TIMEOUT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        await_until(lambda: not any(_lives(member) for member in family), what="the end of everybody")

    def alive(self) -> bool:
        """Whether it answers, all of it."""
        if self.process is None or self.process.poll() is not None:
            return False
        try:
            ready = requests.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=TIMEOUT_S).ok
            return ready and requests.get(f"{self.demo['town']}/sandbox/clock", timeout=TIMEOUT_S).ok
        except requests.RequestException:
            return False

    def family(self) -> list[psutil.Process]:
        """The supervisor and all it started, parents first."""
        if self.process is None:
            return []
        return [(top := psutil.Process(self.process.pid)), *top.children(recursive=True)]

    def pid_of(self, role: str) -> int | None:
        """The supervisor's own child of a role; None while there is none."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            if ROLES[role] in _words(child):
                return child.pid
        return None

    def web_workers(self) -> set[int]:
        """Those who answer HTTP; their master only watches over them."""
        master = self.pid_of("web")
        try:
            return {child.pid for child in psutil.Process(master).children()} if master else set()
        except psutil.NoSuchProcess:
            return set()

    # ------------------------------------------------------------------ asking it

    @property
    def demo(self) -> dict[str, Any]:
        """What it tells programs."""
        return json.loads((self.home / "demo.json").read_text(encoding="utf-8"))

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def town(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask or order something of the town; a refusal is an HTTPError."""
        url = f"{self.demo['town']}/sandbox/{path}"
        answer = requests.post(url, json=body, timeout=60) if body is not None else requests.get(url, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def skip(self, seconds: int) -> bool:
        """Let time pass in the town."""
        return bool(self.town("clock", {"skip_s": seconds}))

    def now(self) -> float:
        """The town's time, in seconds since 1970."""
        return time.time() + self.town("clock")["offset_s"]

    def router(self, name: str) -> dict[str, Any]:
        """All that a router holds."""
        return self.town(f"state?router={name}")

    def rows(self, query: str, *values: object) -> list[Any]:
        """Look into the database, as an auditor would."""
        url = environment_of(self.home)["DATABASE_URL"].replace("+psycopg2", "")
        connection = psycopg2.connect(url, connect_timeout=TIMEOUT_S)
        try:
            with connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as cursor:
                cursor.execute(query, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def shabaka(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one verb in another terminal."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env=_environ() | self._told | {"HOME_DIR": str(self.home), "PORT": str(self.port)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def is_clean(self) -> None:
        """`shabaka check` finds nothing."""
        checked = self.shabaka("check")
        assert (checked.returncode, checked.stdout) == (0, "The books and the data agree.\n"), checked.stderr

    # ------------------------------------------------------------------ what it leaves behind

    def said(self) -> str:
        """What it wrote on its screen."""
        return self._errors.read_text(errors="replace")

    def logs(self) -> Iterator[tuple[str, str]]:
        """Every word it wrote anywhere, by file."""
        yield "screen", self.said()
        for file in sorted((self.home / "log").iterdir()):
            yield file.name, file.read_text(errors="replace")

    def secrets(self) -> dict[str, str]:
        """Every secret value of this house that no log may carry, and where it comes from."""
        kept = json.loads((self.home / "secrets.json").read_text())
        found = {value: name for name, value in kept.items() if not name.endswith("api_user")}
        found |= {row["password"]: f"password of {row['username']}" for row in self.demo["staff"]}
        found |= {row["password"]: f"password of {row['name']}" for row in self.demo["routers"]}
        for router in self.demo["routers"]:
            users = self.router(router["name"])["users"]
            found |= {user["password"]: f"token {user['name']}" for user in users if user.get("password")}
        for message in self.town("messages")["messages"]:
            credentials = re.search(r"Password: (\S+)", message["text"])
            if credentials:
                found[credentials[1]] = f"token texted to {message['to']}"
        return found

    def tells_no_secret(self) -> None:
        """No secret stands in any log."""
        secrets = self.secrets()
        leaks = [(file, secrets[secret]) for file, words in self.logs() for secret in secrets if secret in words]
        assert leaks == []

    def memory_mb(self) -> tuple[float, float]:
        """Of all processes: the sum of what each holds (RSS), and the same with what is shared counted once (PSS)."""
        rss = pss = 0
        for member in self.family():
            try:
                held = member.memory_full_info()
            except psutil.NoSuchProcess:
                continue
            rss, pss = rss + held.rss, pss + held.pss
        return rss / 2**20, pss / 2**20

    def cpu_s(self) -> float:
        """What all that live have computed since they were started, in seconds of one core."""
        spent = 0.0
        for member in self.family():
            try:
                times = member.cpu_times()
            except psutil.NoSuchProcess:
                continue
            spent += times.user + times.system
        return spent

    def fresh_number(self, prefix: str = "92") -> str:
        """A phone nobody has used yet."""
        return f"+211{prefix}{5_500_000 + next(self._numbers)}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ() -> dict[str, str]:
    """Ours, without what would lead the house to somebody else's servers."""
    ours = {"DATABASE_URL", "REDIS_URL", "HOME_DIR", "PORT"}
    return {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("SHABAKA_")}


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
