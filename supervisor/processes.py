"""Keeps children alive: started with readiness checks, restarted with patience, stopped in order.

One thread and no locks: each turn of `tend` reads what children said, buries the dead, starts what is due again and
asks who is ready. Signals only set a number; the turn after them raises `StopRequested` in the middle of whatever the
caller was waiting for, so that a stop during a start needs no code of its own.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from supervisor.child import Program, spawn
from supervisor.errors import CannotRunError
from supervisor.logs import BoundedLog, LineReader, Screen

RESTART_FIRST_S: Final = 0.5
RESTART_LAST_S: Final = 15.0
STEADY_AFTER_S: Final = 30.0  # alive for so long, a child's next death counts as its first
DEATHS_BEFORE_READY_MAX: Final = 3  # then a start is given up: it would only fail for ever
SAME_INTERRUPT_S: Final = 0.3  # one Ctrl-C can reach us twice, from the terminal and from a wrapper
_READY_POLL_S: Final = 0.02
_IDLE_POLL_S: Final = 5.0
_DEATH_NEAR_S: Final = 1.0
_KILLED_GONE_S: Final = 5.0
_LAST_WORDS_MAX: Final = 100  # turns of reading after the end; a pipe held open by a stranger may never fall silent


class StopRequested(BaseException):
    """Somebody asked us to end. A BaseException: no handler for errors may take it for one."""


class Child:
    """A program and its present life."""

    def __init__(self, program: Program, log: BoundedLog) -> None:
        self.program = program
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self.told_to_end = False
        self.watched_until = 0.0  # its pipe is at its end, so its death is near or already there
        self.deaths = 0
        self.started_at = 0.0
        self.due_at: float | None = None
        self.exit_status: int | None = None


class Supervisor:
    """All children of one house. Use it from one thread, the main one: children are tied to that thread's life."""

    def __init__(self, log_directory: Path, screen: Screen | None = None) -> None:
        log_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_directory = log_directory
        self.children: dict[str, Child] = {}
        self._screen = screen or Screen()
        self._own_log = BoundedLog(log_directory / "supervisor.log")
        self._selector = selectors.DefaultSelector()
        self._stop_asked = False
        self._hurry = False
        self._first_interrupt_at: float | None = None
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)

    def close(self) -> None:
        """Let go of files and pipes; after `stop`."""
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data[1].close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        for child in self.children.values():
            child.log.close()
        self._own_log.close()

    # ------------------------------------------------------------------ signals and words

    def listen(self) -> None:
        """TERM, INT and HUP ask for an end; a second INT ends at once. Call once, in the main thread."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler of any kind makes the wake-up pipe speak
        for asking in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(asking) is not signal.SIG_IGN:  # as nohup leaves HUP
                signal.signal(asking, self._ask_to_stop)

    def _ask_to_stop(self, number: int, _frame: object) -> None:
        self._stop_asked = True
        if number != signal.SIGINT:  # make passes TERM on to us that its whole group already had: not impatience
            return
        now = time.monotonic()
        if self._first_interrupt_at is None:
            self._first_interrupt_at = now
        self._hurry = now - self._first_interrupt_at > SAME_INTERRUPT_S

    def say(self, sentence: str) -> None:
        """A word of our own, on the screen and in `supervisor.log`."""
        self._tell(self._own_log, "supervisor", sentence.encode(errors="replace"))

    def _tell(self, log: BoundedLog, name: str, line: bytes) -> None:
        log.write(line)
        self._screen.write(f"{name:<10} | ".encode() + line)

    # ------------------------------------------------------------------ starting and waiting

    def start(self, program: Program) -> Child:
        """Start a program now; `tend` keeps it alive. An errand (`once`) keeps its exit status instead."""
        child = Child(program, BoundedLog(self.log_directory / f"{program.name}.log"))
        self.children[program.name] = child
        self._spawn(child)
        return child

    def _spawn(self, child: Child) -> None:
        read, write = os.pipe2(os.O_CLOEXEC)
        try:
            child.process = spawn(child.program, write)
        except OSError as fault:
            os.close(read)
            raise CannotRunError(f"{child.program.name} cannot be started: {fault.strerror}.") from fault
        finally:
            os.close(write)
        child.ready = False
        child.told_to_end = False
        child.watched_until = 0.0
        child.due_at = None
        child.started_at = time.monotonic()
        self._selector.register(read, selectors.EVENT_READ, (child, LineReader(read)))

    def restart(self, name: str) -> None:
        """End one child in its own way and start it again, not as a death."""
        child = self.children[name]
        self._stop_group([child])
        child.due_at = None
        self._spawn(child)

    def wait_for(self, condition: Callable[[], bool], what: str, within_s: float) -> None:
        """Tend the house until the condition holds.

        Raises:
            CannotRunError: it took too long, or a child keeps dying before it was ready.
            StopRequested: somebody asked us to end.
        """
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise CannotRunError(f"{what} is not ready after {within_s:.0f} s; see {self.log_directory}.")
            self.tend()
            for child in self.children.values():
                if child.deaths >= DEATHS_BEFORE_READY_MAX and not child.ready:
                    log = self.log_directory / f"{child.program.name}.log"
                    raise CannotRunError(f"{child.program.name} ended {child.deaths} times; {log} says why.")

    def wait_until_ready(self, *names: str, within_s: float) -> None:
        """Tend the house until all of these are ready; as `wait_for`."""
        self.wait_for(lambda: all(self.children[name].ready for name in names), " and ".join(names), within_s)

    def tend(self) -> None:
        """One turn. Waits for something to happen, not longer than the next thing that is due.

        Raises:
            StopRequested: somebody asked us to end.
        """
        self._hear(self._patience_s())
        self._bury_the_dead()
        if self._stop_asked:
            raise StopRequested
        self._start_what_is_due()
        self._ask_who_is_ready()

    def _hear(self, patience_s: float) -> int:
        """Signals and words; returns how many pipes had some."""
        heard = self._selector.select(patience_s)
        for key, _ in heard:
            if key.data is None:
                self._drain_wake_pipe()
            else:
                self._listen_to(*key.data)
        return len(heard)

    def _patience_s(self) -> float:
        living = [child for child in self.children.values() if child.process is not None]
        now = time.monotonic()
        if any(child.watched_until > now or not (child.ready or child.program.once) for child in living):
            return _READY_POLL_S
        due = [child.due_at - now for child in self.children.values() if child.due_at is not None]
        return max(0.0, min([_IDLE_POLL_S, *due]))

    def _drain_wake_pipe(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_read, 512):
                pass

    def _listen_to(self, child: Child, reader: LineReader) -> None:
        lines, at_end = reader.lines()
        for line in lines:
            self._tell(child.log, child.program.name, line)
        if at_end:
            child.watched_until = time.monotonic() + _DEATH_NEAR_S
            self._selector.unregister(reader.descriptor)
            reader.close()

    # ------------------------------------------------------------------ dying and living again

    def _bury_the_dead(self) -> None:
        for child in self.children.values():
            if child.process is None or child.process.poll() is None:
                continue
            status = child.exit_status = child.process.returncode
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)  # what it started must not meet its successor
            child.process = None
            child.ready = False
            if child.program.once or child.told_to_end or self._stop_asked:
                continue
            steady = time.monotonic() - child.started_at >= STEADY_AFTER_S
            child.deaths = 1 if steady else child.deaths + 1
            wait_s = min(RESTART_FIRST_S * 2 ** (child.deaths - 1), RESTART_LAST_S)
            child.due_at = time.monotonic() + wait_s
            self.say(f"{child.program.name} ended ({_cause(status)}); starting it again in {wait_s:g} s")

    def _start_what_is_due(self) -> None:
        for child in self.children.values():
            if child.due_at is None or child.due_at > time.monotonic():
                continue
            try:
                child.program.prepare()
                self._spawn(child)
            except (CannotRunError, OSError) as fault:
                child.due_at = time.monotonic() + RESTART_LAST_S
                self.say(f"{child.program.name} cannot start: {fault} Trying again in {RESTART_LAST_S:g} s")

    def _ask_who_is_ready(self) -> None:
        for child in self.children.values():
            if child.process is not None and not child.ready and not child.program.once:
                child.ready = child.program.is_ready(child.process.pid)

    # ------------------------------------------------------------------ the end

    def stop(self, *order: Sequence[str]) -> None:
        """End all: each group together, groups one after another, what is not named first.

        A second Ctrl-C, at any moment of it, kills what is left.
        """
        for child in self.children.values():
            child.told_to_end = True
        named = {name for group in order for name in group}
        for group in ([name for name in self.children if name not in named], *order):
            self._stop_group([self.children[name] for name in group if name in self.children])
        for _ in range(_LAST_WORDS_MAX):
            if not self._hear(0):
                break

    def _stop_group(self, group: Sequence[Child]) -> None:
        for child in group:
            child.told_to_end = True
            if child.process is not None:
                child.process.send_signal(child.program.stop_signal)
        began = time.monotonic()
        killed: set[str] = set()
        while any(child.process is not None for child in group):
            for child in group:
                late = time.monotonic() - began > child.program.stop_within_s
                if child.process is not None and (late or self._hurry) and child.program.name not in killed:
                    killed.add(child.program.name)
                    self.say(f"killing {child.program.name}")
                    _kill(child.process, child.program.orphan_signal)
            self._hear(_READY_POLL_S)
            self._bury_the_dead()


def _kill(process: subprocess.Popen[bytes], gentler: signal.Signals) -> None:
    """At once. PostgreSQL hears its gentler word first: its backends must not outlive it with its memory in hand."""
    if gentler != signal.SIGKILL:
        process.send_signal(gentler)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_KILLED_GONE_S)
            return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _cause(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return signal.Signals(-status).name
