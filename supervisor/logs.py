"""What children say: kept in bounded files, shown on the terminal, and never a reason to stand still."""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path
from typing import Final

LOG_BYTES_MAX: Final = 4_000_000  # a file, and one older beside it
LINE_BYTES_MAX: Final = 16_384
_PIPE_BYTES_FREE: Final = 4_000  # poll() calls a pipe writable when PIPE_BUF (4096) bytes fit


class BoundedLog:
    """Appends lines to `name.log`; a full file becomes `name.log.1`. A disk that is full loses lines, not the house."""

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self.path = path
        self.bytes_max = bytes_max
        self._descriptor = -1
        self._size = 0
        self._open()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._size = os.fstat(self._descriptor).st_size

    def write(self, line: bytes) -> None:
        """One line, without its end."""
        if self._size + len(line) >= self.bytes_max:
            self.close()
            with contextlib.suppress(OSError):
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            self._open()
        with contextlib.suppress(OSError):
            self._size += os.write(self._descriptor, line + b"\n")

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Screen:
    """Standard error, whoever reads it. A reader who has gone or does not read loses lines; the log files have them."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor

    def write(self, line: bytes) -> None:
        """Show a line if that can be done without waiting."""
        if self._descriptor < 0:
            return
        try:
            poll = select.poll()  # not select(): that one fails on descriptors above 1023
            poll.register(self._descriptor, select.POLLOUT)
            if poll.poll(0):
                os.write(self._descriptor, line[:_PIPE_BYTES_FREE] + b"\n")
        except OSError:  # nobody is there any more
            self._descriptor = -1


class LineReader:
    """Cuts what comes out of one pipe into lines, very long ones by force."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""
        os.set_blocking(descriptor, False)

    def lines(self) -> tuple[list[bytes], bool]:
        """What is there now, and whether the pipe is at its end."""
        try:
            read = os.read(self.descriptor, 65_536)
        except BlockingIOError:
            return [], False
        if not read:
            last, self._rest = self._rest, b""
            return [last] if last else [], True
        *whole, self._rest = (self._rest + read).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            whole.append(self._rest)
            self._rest = b""
        return [line.rstrip(b"\r") for line in whole], False

    def close(self) -> None:
        """Let the pipe go."""
        os.close(self.descriptor)
