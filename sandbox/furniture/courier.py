"""Carries callbacks, from a thread of its own. What waits is in the store, so a kill only delays it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import requests

from sandbox.furniture.store import Store

CARRIERS: Final = 8  # deliveries at once: a storm must arrive as one
LOOK_EVERY_S: Final = 0.5  # for payers whose time is over, and for callbacks that are late on purpose
RETRY_AFTER_S: Final = 1.0


class Courier:
    """Delivers each waiting callback when it is due."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        settle_due: Callable[[], None],
        *,
        agent: str,
        timeout_s: float,
        tries_max: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._agent = agent
        self._timeout_s = timeout_s
        self._tries_max = tries_max
        self._settle_due = settle_due
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._on_the_way: set[int] = set()
        self._way_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"{agent}-courier", daemon=True)
        self._carriers = ThreadPoolExecutor(CARRIERS, thread_name_prefix=f"{agent}-carrier")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something new may be due."""
        self._bell.set()

    def close(self) -> None:
        """End, after what is on its way has arrived or timed out."""
        self._closing.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()
        self._carriers.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._bell.wait(LOOK_EVERY_S)
            self._bell.clear()
            if self._closing.is_set():
                return
            self._settle_due()
            self._dispatch()

    def _dispatch(self) -> None:
        due = self._store.rows(
            "SELECT number FROM callback WHERE state = 'waiting' AND due_at <= ? ORDER BY number", self._clock()
        )
        for row in due:
            with self._way_lock:
                if row["number"] in self._on_the_way:
                    continue
                self._on_the_way.add(row["number"])
            self._carriers.submit(self._deliver, row["number"])

    def _deliver(self, number: int) -> None:
        try:
            callback = self._store.row("SELECT * FROM callback WHERE number = ? AND state = 'waiting'", number)
            if callback is None:
                return
            try:
                answer = requests.request(
                    callback["method"],
                    callback["url"],
                    data=callback["body"].encode(),
                    headers={"Content-Type": "application/json", "User-Agent": self._agent},
                    timeout=self._timeout_s,
                    allow_redirects=False,
                )
                arrived, told = answer.ok, f"HTTP {answer.status_code}"
            except requests.RequestException as fault:
                arrived, told = False, type(fault).__name__
            self._note(number, callback["tries"] + 1, arrived=arrived, told=told)
        finally:
            with self._way_lock:
                self._on_the_way.discard(number)

    def _note(self, number: int, tries: int, *, arrived: bool, told: str) -> None:
        again = not arrived and tries < self._tries_max
        state = "sent" if arrived else "waiting" if again else "failed"
        with self._store.transaction() as tx:
            tx.execute(
                "UPDATE callback SET state = ?, tries = ?, told = ?, due_at = ? WHERE number = ?",
                (state, tries, told, self._clock() + RETRY_AFTER_S, number),
            )
