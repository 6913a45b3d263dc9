from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

RUN_HOUSE = str(Path(__file__).with_name("run_house.py"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return result


def alive_in(home):
    """Command lines of all processes that belong to this home, by argument, directory or environment."""
    home = str(home)
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if home in words or str((entry / "cwd").readlink()).startswith(home):
                found[int(entry.name)] = words
    return found


def connect(url):
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    return connection


def ask(url, words):
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(words)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class HouseProcess:
    """`shabaka run` with stand-ins, as a process of its own with a group of its own."""

    def __init__(self, home, port):
        self.home, self.port = home, port
        self.process = None
        self.ready_after_s = None

    def start(self, *roles, wait=True, environ=None):
        began = time.monotonic()
        self.stderr = (self.home.parent / "stderr").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, RUN_HOUSE, str(self.home), str(self.port), *roles],
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            start_new_session=True,
            env={**os.environ, **(environ or {})},
        )
        if wait:
            line = self.process.stdout.readline().decode()
            self.ready_after_s = time.monotonic() - began
            assert line == f"Shabaka is ready: http://127.0.0.1:{self.port}/\n", self.said()
        return self

    def said(self):
        return (self.home.parent / "stderr").read_text(errors="replace")

    def child(self, role):
        return next(pid for pid, words in alive_in(self.home).items() if f"stand_in.py {role} " in words)

    def end(self, how=signal.SIGTERM, within_s=15):
        os.killpg(self.process.pid, how)
        return self.gone(within_s)

    def gone(self, within_s=15):
        status = self.process.wait(within_s)
        self.process.stdout.close()
        self.stderr.close()
        return status
