"""Telling the server of sessions, in order, each account until it is heard. What waits is lost with the power."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

# Said anew, an account gets a number of its own and says how old it is (RFC 2866, 5.2).
Tell = Callable[[Mapping[str, Any]], bool]


class Accounts:
    """A queue with one teller."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._waiting: deque[tuple[float, Mapping[str, Any]]] = deque()
        self._awake = threading.Condition()

    def add(self, about: Mapping[str, Any]) -> None:
        """Have it told; never waits."""
        with self._awake:
            self._waiting.append((time.monotonic(), about))
            self._awake.notify()

    @property
    def waiting(self) -> int:
        """How many were not heard yet."""
        return len(self._waiting)

    def tell_for_ever(self) -> None:
        """The teller's work."""
        while True:
            with self._awake:
                self._awake.wait_for(lambda: self._waiting)
                happened, about = self._waiting[0]
            age_s = int(time.monotonic() - happened)
            if self._tell({**about, "Acct-Delay-Time": age_s}):
                with self._awake:
                    self._waiting.popleft()
