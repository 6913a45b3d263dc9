"""Folders for Unix sockets: closed to others, and short enough for the kernel."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from supervisor.errors import CannotRunError

SOCKET_PATH_BYTES_MAX: Final = 100  # sun_path holds 108 with its end; some room for lock-file suffixes


def socket_directory(wanted: Path, socket_name: str, owner: int) -> Path:
    """`wanted`, or where its path is too long a folder under /tmp named by its hash; made, ours, mode 0700.

    Raises:
        CannotRunError: somebody else made the folder under /tmp before us.
    """
    directory = wanted
    if len(os.fsencode(wanted / socket_name)) > SOCKET_PATH_BYTES_MAX:
        name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
        directory = Path(tempfile.gettempdir()) / f"shabaka-{name}"
        if len(os.fsencode(directory / socket_name)) > SOCKET_PATH_BYTES_MAX:
            directory = Path("/tmp") / f"shabaka-{name}"  # noqa: S108 - checked below: ours and closed to others
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise CannotRunError(f"{directory} belongs to somebody else; remove it or choose another HOME_DIR.")
    directory.chmod(0o700)
    if found.st_uid != owner:
        os.chown(directory, owner, -1)
    return directory
