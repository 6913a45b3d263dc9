from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from houses import until

from supervisor.child import Program
from supervisor.errors import CannotRunError
from supervisor.logs import BoundedLog, LineReader, Screen
from supervisor.processes import Supervisor


@pytest.fixture
def silent():
    with Path(os.devnull).open("wb") as nowhere:
        yield Screen(nowhere.fileno())


@pytest.fixture
def supervisor(tmp_path, silent):
    supervisor = Supervisor(tmp_path / "log", silent)
    numbers = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    supervisor.listen()
    yield supervisor
    supervisor.stop()
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    supervisor.close()


def program(name, words, tmp_path, **more):
    command = (sys.executable, "-I", "-S", "-c", words)
    return Program(name=name, command=command, environment=dict(os.environ), directory=tmp_path, **more)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_child_that_dies_is_started_again(supervisor, tmp_path):
    child = supervisor.start(program("worker", "import time; time.sleep(60)", tmp_path))
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.wait_for(lambda: child.process is not None and child.process.pid != first, "worker", 5)
    assert child.deaths == 1


def test_a_child_that_cannot_live_ends_the_start_with_a_sentence(supervisor, tmp_path):
    supervisor.start(program("web", "raise SystemExit('no such table')", tmp_path, is_ready=lambda _pid: False))
    with pytest.raises(CannotRunError, match="web ended 3 times"):
        supervisor.wait_until_ready("web", within_s=20)
    assert (tmp_path / "log" / "web.log").read_text().count("no such table") == 3


def test_what_is_never_ready_is_given_up(supervisor, tmp_path):
    supervisor.start(program("web", "import time; time.sleep(60)", tmp_path, is_ready=lambda _pid: False))
    with pytest.raises(CannotRunError, match="web is not ready"):
        supervisor.wait_until_ready("web", within_s=0.2)


def test_an_errand_runs_once_and_leaves_its_status(supervisor, tmp_path):
    child = supervisor.start(program("migrate", "print('done'); raise SystemExit(3)", tmp_path, once=True))
    supervisor.wait_for(lambda: child.exit_status is not None, "migrate", 5)
    supervisor.stop()
    assert (child.exit_status, child.deaths) == (3, 0)
    assert (tmp_path / "log" / "migrate.log").read_text() == "done\n"


def test_a_child_deaf_to_the_word_is_killed(supervisor, tmp_path):
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = supervisor.start(program("worker", deaf, tmp_path, stop_within_s=0.3))
    log = tmp_path / "log" / "worker.log"
    supervisor.wait_for(lambda: "deaf" in log.read_text(), "worker", 5)
    began = time.monotonic()
    supervisor.stop(("worker",))
    assert child.exit_status == -signal.SIGKILL
    assert time.monotonic() - began < 3


def test_what_a_dead_child_had_started_is_gone_before_its_successor(supervisor, tmp_path):
    words = (
        "import os, subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)\n"
        "time.sleep(60)"
    )
    child = supervisor.start(program("web", words, tmp_path))
    log = tmp_path / "log" / "web.log"
    supervisor.wait_for(lambda: log.read_text().strip(), "web", 5)
    grandchild = int(log.read_text())
    os.kill(child.process.pid, signal.SIGKILL)
    supervisor.wait_for(lambda: child.process is None, "web", 5)
    until(lambda: is_gone(grandchild) or "zombie" in Path(f"/proc/{grandchild}/status").read_text(), 5)


def test_children_die_with_a_killed_supervisor(tmp_path):
    words = (
        "import sys, os; from pathlib import Path\n"
        "from supervisor.processes import Supervisor; from supervisor.child import Program\n"
        "supervisor = Supervisor(Path(sys.argv[1]))\n"
        "child = supervisor.start(Program(name='worker', command=(sys.executable, '-c', 'import time; time.sleep(60)'),"
        " environment=dict(os.environ), directory=Path('/')))\n"
        "print(child.process.pid, flush=True)\n"
        "while True: supervisor.tend()\n"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], cwd=root, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    until(lambda: is_gone(child) or "zombie" in Path(f"/proc/{child}/status").read_text(), 5)


def test_a_log_stays_within_its_bound(tmp_path):
    log = BoundedLog(tmp_path / "web.log", bytes_max=1000)
    for number in range(500):
        log.write(b"line %d" % number)
    log.close()
    assert (tmp_path / "web.log").stat().st_size <= 1000
    assert (tmp_path / "web.log.1").stat().st_size <= 1000
    assert (tmp_path / "web.log").read_bytes().endswith(b"line 499\n")


def test_a_reader_who_does_not_read_stops_nobody():
    read, write = os.pipe()
    try:
        screen = Screen(write)
        for _ in range(200):
            screen.write(b"x" * 3000)
        os.close(read)
        for _ in range(3):
            screen.write(b"x")
    finally:
        os.close(write)


def test_words_come_out_as_lines_and_endless_ones_are_cut():
    read, write = os.pipe()
    reader = LineReader(read)
    os.write(write, b"one\r\ntw")
    assert reader.lines() == ([b"one"], False)
    assert reader.lines() == ([], False)
    os.write(write, b"o\n" + b"x" * 20_000)
    lines, _ = reader.lines()
    assert lines[0] == b"two"
    assert len(lines[1]) == 20_000
    os.write(write, b"last")
    os.close(write)
    assert reader.lines() == ([], False)
    assert reader.lines() == ([b"last"], True)
    reader.close()
