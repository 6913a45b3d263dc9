"""A lock that ends with its holder, however the holder ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """`flock` on a file: the kernel lets go when the holding process dies, so no cut can leave it behind.

    The descriptor is not inherited by children: an orphan cannot keep the next start out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """True if the lock is now ours; False if a living process holds it."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return True

    def holder(self) -> str:
        """The process id its holder wrote down; for a sentence only, never for a decision."""
        return self.path.read_text(encoding="ascii", errors="replace").strip() or "unknown"

    def close(self) -> None:
        """Let go. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
