"""Visits side by side: each router in a thread of its own, so that a dead one keeps nobody but itself waiting.

Waiting for a router to answer costs a thread and nothing else, and many may wait at once. Only a few of those that
answered work at the same time: telling a router much, and recording it, costs the processor and the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Final

from core.logs import log

LOG = log("network.rounds")
WAITING_MAX: Final = 64
WORKING_MAX: Final = 4

Busy = AbstractContextManager[object]  # held while a router that answered is worked with


class Rounds:
    """The visits of one process. `visit(router_id, busy)` makes one; it holds `busy` once the router has answered."""

    def __init__(
        self,
        visit: Callable[[int, Busy], object],
        *,
        waiting_max: int = WAITING_MAX,
        working_max: int = WORKING_MAX,
    ) -> None:
        self._visit = visit
        self._waiting_max = waiting_max
        self._busy = threading.BoundedSemaphore(working_max)
        self._lock = threading.Lock()
        self._under_way: dict[int, threading.Thread] = {}

    def go(self, router_ids: Iterable[int]) -> list[int]:
        """Begin a visit to each that is not under way here. Returns which were begun.

        What finds no place is let go: the sweep asks again within seconds. The threads do not outlive the process: a
        visit cut anywhere is simply made again.
        """
        begun = []
        for router_id in router_ids:
            with self._lock:
                if router_id in self._under_way or len(self._under_way) >= self._waiting_max:
                    continue
                thread = threading.Thread(target=self._run, args=(router_id,), name=f"visit {router_id}", daemon=True)
                self._under_way[router_id] = thread
            thread.start()
            begun.append(router_id)
        return begun

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the visits that are under way now have ended, each for so long at most."""
        with self._lock:
            threads = list(self._under_way.values())
        for thread in threads:
            thread.join(seconds)

    def _run(self, router_id: int) -> None:
        try:
            self._visit(router_id, self._busy)
        except Exception:
            LOG.exception("a visit broke", router=router_id)
        finally:
            with self._lock:
                del self._under_way[router_id]
