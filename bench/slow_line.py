"""A line with a round trip of its own: what is said on one end is heard on the other after a while, in any number."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from typing import Final, Self

PIECE_BYTES: Final = 65_536


class SlowLine:
    """A TCP relay to a port on this machine. `delay_s` is one way; nothing else limits it."""

    def __init__(self, to_port: int, delay_s: float) -> None:
        self._to_port = to_port
        self._delay_s = delay_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                    threading.Thread(target=self._hear, args=(one, under_way), daemon=True).start()
                    threading.Thread(target=self._say, args=(other, under_way), daemon=True).start()

    def _hear(self, line: socket.socket, under_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        data = b"-"
        while data:
            try:
                data = line.recv(PIECE_BYTES)
            except OSError:
                data = b""
            under_way.put((time.monotonic() + self._delay_s, data))

    def _say(self, line: socket.socket, under_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = under_way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    line.shutdown(socket.SHUT_WR)
                    return
                line.sendall(data)
