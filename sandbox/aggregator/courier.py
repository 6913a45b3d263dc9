"""Carries callbacks to the product, and again until it answers 200, within bounds."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

import requests

from sandbox.aggregator.faults import FaultBox
from sandbox.aggregator.settings import HTTP_TIMEOUT_S, ProductUrls
from sandbox.aggregator.store import Callback, Store

log = logging.getLogger(__name__)

RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 30.0
TRIES_MAX: Final = 30  # about ten minutes, as their staff describe it
BATCH: Final = 20
IDLE_S: Final = 60.0
BUSY_S: Final = 120.0  # a first try made by the caller itself is out of the thread's hands for so long


class Courier:
    """A thread that makes the callbacks that are due, oldest first, so that one text's reports keep their order."""

    def __init__(self, store: Store, urls: ProductUrls, faults: FaultBox) -> None:
        self._store = store
        self._urls = urls
        self._faults = faults
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aggregator-courier", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier life promised goes first."""
        self._store.hurry(time.time())
        self._thread.start()

    def close(self) -> None:
        """End after the post under way."""
        self._stop.set()
        self._wake.set()
        self._thread.join(HTTP_TIMEOUT_S)

    def promise(self, kind: str, form: dict[str, str], after_s: float = 0.0) -> None:
        """Keep a callback on disk and make it when due."""
        if getattr(self._urls, kind):
            self._store.add_callback(kind, form, time.time() + after_s + self._faults.now.delay_ms / 1000)
            self._wake.set()

    def deliver_now(self, kind: str, form: dict[str, str]) -> int | None:
        """Promise a callback and make the first try here; later ones are the thread's. None: no answer yet."""
        if not getattr(self._urls, kind):
            return None
        seq = self._store.add_callback(kind, form, time.time() + BUSY_S)
        time.sleep(self._faults.now.delay_ms / 1000)
        return self._make(self._store.callback(seq))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            for seq in self._store.due_callbacks(time.time(), BATCH):
                if self._stop.is_set():
                    return
                self._make(self._store.callback(seq))
            due = self._store.next_due()
            self._wake.wait(IDLE_S if due is None else min(IDLE_S, max(0.0, due - time.time())))

    def _make(self, callback: Callback) -> int | None:
        if callback.kind == "delivery":
            self._store.reported(callback.form["id"], callback.form["status"])
        status = self._post(callback)
        if self._faults.now.duplicate:
            self._post(callback)
        tries = callback.tries + 1
        if status == requests.codes.ok:
            outcome: str | None = "200"
        elif tries >= TRIES_MAX:
            outcome = f"given up: {status}"
        else:
            outcome = None
        wait_s = min(RETRY_MOST_S, RETRY_FIRST_S * 2 ** (tries - 1))
        self._store.tried(callback.seq, outcome=outcome, due=time.time() + wait_s)
        self._wake.set()
        return status

    def _post(self, callback: Callback) -> int | None:
        url = getattr(self._urls, callback.kind)
        try:
            return requests.post(url, data=callback.form, timeout=HTTP_TIMEOUT_S).status_code
        except requests.exceptions.RequestException as error:
            log.info("callback %s got no answer: %s", callback.kind, type(error).__name__)
            return None
