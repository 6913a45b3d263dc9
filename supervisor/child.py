"""What a child program is, and how it is started so that it cannot outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from supervisor.launch import SAME

_LAUNCHER: Final = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One thing to run. `prepare` comes before every start after a crash; `is_ready` is asked with the pid."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    identity: str = SAME
    prepare: Callable[[], None] = field(default=lambda: None)
    is_ready: Callable[[int], bool] = field(default=lambda _pid: True)
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL  # what the kernel sends it when we are gone
    stop_within_s: float = 6.0
    once: bool = False  # an errand: runs to its end and is not started again


def spawn(program: Program, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own: Ctrl-C reaches only us, and we stop the house in order.

    Call from a thread that lives as long as the child: the kernel takes the end of the starting thread for ours.
    """
    launcher = [sys.executable, "-I", "-S", _LAUNCHER]
    tie = [str(os.getpid()), str(int(program.orphan_signal)), program.identity]
    return subprocess.Popen(  # noqa: S603 - commands come from our own tables
        [*launcher, *tie, *program.command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=program.directory,
        env=dict(program.environment),
        process_group=0,
    )


def can_become(identity: str) -> bool:
    """Whether the kernel lets us run something as that identity."""
    launcher = [sys.executable, "-I", "-S", _LAUNCHER]
    answer = subprocess.run(  # noqa: S603
        [*launcher, str(os.getpid()), "0", identity], stderr=subprocess.DEVNULL, check=False, timeout=30
    )
    return answer.returncode == 0


def end(process: subprocess.Popen[bytes], ladder: Sequence[tuple[signal.Signals, float]]) -> None:
    """Ask, ask harder, kill: each signal with its seconds of patience. Returns when the child is gone."""
    for how, within_s in ladder:
        if process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()
