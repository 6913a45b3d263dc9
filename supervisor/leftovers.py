"""Processes that outlived the supervisor they belonged to."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

LEFTOVER_QUIT_S: Final = 4.0  # for ending by itself after a signal that asks
LEFTOVER_KILL_S: Final = 10.0  # for the kernel to take a killed process away; a disk in trouble can hold it
_POLL_S: Final = 0.02


def living_in(directory: Path, program: str) -> list[int]:
    """Ids of processes named `program` whose working directory this is. None where there is no /proc.

    A pid alone proves nothing: after a power cut the number belongs to somebody else. Zombies have no directory.
    """
    wanted = directory.resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == wanted:
                # an upgraded virtual environment leaves "(deleted)" behind the name
                name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                found.extend([int(entry.name)] if name == program else [])
    return found


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Ask every few milliseconds until it holds or the time is over."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def end_all_in(directory: Path, program: str, asking: signal.Signals) -> bool:
    """End every such process: asked first, killed then. False if the kernel still holds one.

    Only for a directory whose lock we hold: then no living supervisor can own what we find.
    """
    for how, within_s in ((asking, LEFTOVER_QUIT_S), (signal.SIGKILL, LEFTOVER_KILL_S)):
        for pid in living_in(directory, program):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        if wait_until(lambda: not living_in(directory, program), within_s):
            return True
    return False
