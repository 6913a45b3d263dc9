"""Is it up yet? Asked of a socket with as few imports as possible: each import delays the first child."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

_CONNECT_WITHIN_S: Final = 0.5
_ANSWER_WITHIN_S: Final = 5.0  # the first request may still import half the product


def listens(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_WITHIN_S):
            return True
    except OSError:
        return False


def answers_ok(port: int, path: str) -> bool:
    """Whether `GET path` is answered with 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_WITHIN_S) as connection:
            connection.settimeout(_ANSWER_WITHIN_S)
            connection.sendall(request.encode("ascii"))
            with connection.makefile("rb") as answer:
                return answer.readline(256).split()[1:2] == [b"200"]
    except OSError:
        return False


def alive_for(seconds: float) -> Callable[[int], bool]:
    """For programs that answer nobody: ready once the same process has lived so long. A failed import ends sooner."""
    first_seen: dict[int, float] = {}
    return lambda pid: time.monotonic() - first_seen.setdefault(pid, time.monotonic()) >= seconds
