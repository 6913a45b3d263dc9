"""Becomes a child program that dies with its parent and, where asked, is no longer root.

`python -I -S launch.py PARENT SIGNAL IDENTITY [PROGRAM ARGUMENT...]`, run by path: about 10 ms. Doing this in a program
of its own, and not between fork and exec of the supervisor, keeps it safe in a process that has threads.

IDENTITY is one of
  same        as we are
  namespace   a user namespace in which we are called `nobody`. PostgreSQL, which refuses root and users without a
              name, sees an ordinary user; to the kernel its files are still ours: nothing to chown, no folder to open.
  UID:GID     root only: that user, keeping only the right to pass folders closed to others (/root is 0700).
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Final, NoReturn

SAME: Final = "same"
NAMESPACE: Final = "namespace"
NOBODY: Final = 65534
IDENTITY_REFUSED: Final = 71  # exit status: the kernel does not let us become that

_CLONE_NEWUSER: Final = 0x10000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_KEEPCAPS: Final = 8
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_RAISE: Final = 2
_CAP_DAC_OVERRIDE: Final = 1
_CAPABILITY_VERSION_3: Final = 0x20080522


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send us this signal when the parent *thread* ends. Nothing where there is no Linux.

    Lost by changing user, so it comes after that; whoever starts children must do so from a thread that stays.
    """
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)


def _enter_namespace() -> None:
    libc = _libc()
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespaces here")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


def _keep_folder_right() -> None:
    """Carry CAP_DAC_OVERRIDE over the exec. If the kernel refuses, the program itself will say what it cannot read."""
    libc = _libc()
    header = ctypes.create_string_buffer(struct.pack("=II", _CAPABILITY_VERSION_3, 0))
    bit = 1 << _CAP_DAC_OVERRIDE
    data = ctypes.create_string_buffer(struct.pack("=6I", bit, bit, bit, 0, 0, 0))
    if libc.capset(header, data) == 0:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def _become(identity: str) -> None:
    if identity == SAME:
        return
    if identity == NAMESPACE:
        _enter_namespace()
        return
    uid, gid = (int(part) for part in identity.split(":"))
    _libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _keep_folder_right()


def main(arguments: list[str]) -> NoReturn:
    """Change into the program; an exit status of our own when that is impossible or nothing was named to run."""
    parent, signal_number, identity, *command = arguments
    try:
        _become(identity)
    except OSError as fault:
        sys.stderr.write(f"cannot become {identity}: {fault.strerror}\n")
        sys.exit(IDENTITY_REFUSED)
    die_with_parent(int(signal_number))
    if os.getppid() != int(parent):  # it died before the line above could tell us
        sys.exit(1)
    if not command:
        sys.exit(0)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the interpreter ignores it and exec would pass that on
    os.execv(command[0], command)  # noqa: S606 - argv[0] is the full path: postgres finds its own files by it


if __name__ == "__main__":
    main(sys.argv[1:])
