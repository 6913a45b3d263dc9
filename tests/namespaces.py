"""Network namespaces joined by cables that the kernel pretends, for equipment that is really there.

Where a machine lacks the rights for them a story is skipped, and says so.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.programs import program

NAMED = Path("/run/netns")
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("ip"), *words], check=True, capture_output=True, text=True)


def free_number(name: str) -> int:
    """A number that no namespace of this name has: other processes run their own, and one that was killed left its."""
    first = os.getpid()
    return next(number for at in range(250) if not (NAMED / f"{name}{(number := (first + at) % 250)}").exists())


def make_namespaces(after: ExitStack, *names: str) -> None:
    """Make them, until `after` is left."""
    try:
        for name in names:
            ip("netns", "add", name)
            after.callback(ip, "netns", "del", name)
    except subprocess.CalledProcessError as error:
        if "permitted" not in error.stderr and "denied" not in error.stderr:
            raise
        pytest.skip(f"this story needs the rights for network namespaces: {error.stderr.strip()}")


def cable(namespace: str, device: str, other: str, other_device: str) -> None:
    """A cable from a device here to a device there; both are switched on, and carry packets as long as real ones."""
    ip("link", "add", device, "netns", namespace, "type", "veth", "peer", "name", other_device, "netns", other)
    for where, end in ((namespace, device), (other, other_device)):
        ip("-n", where, "link", "set", end, "gso_max_segs", "1", "up")


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread is in a namespace; the sockets it makes meanwhile stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(NAMED / namespace, os.O_RDONLY)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
