"""Making the next thing while somebody waits for the database with the last: one thing ahead, never more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, Full, Queue
from typing import Final, TypeVar

T = TypeVar("T")
LOOKS_EVERY_S: Final = 0.2


def ahead(things: Iterator[T]) -> Iterator[T]:
    """The same things in the same order, made by a thread of their own. What goes wrong there is raised here.

    Whoever stops early stops the thread too.
    """
    made: Queue[tuple[T | None, BaseException | None, bool]] = Queue(maxsize=1)
    stopped = threading.Event()

    def put(what: tuple[T | None, BaseException | None, bool]) -> None:
        while not stopped.is_set():
            try:
                made.put(what, timeout=LOOKS_EVERY_S)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for thing in things:
                put((thing, None, False))
                if stopped.is_set():
                    return
            put((None, None, True))
        except BaseException as fault:  # noqa: BLE001 - handed over whole, and raised where it is waited for
            put((None, fault, True))

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                thing, fault, over = made.get(timeout=LOOKS_EVERY_S)
            except Empty:
                continue
            if fault is not None:
                raise fault
            if over:
                return
            yield thing  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
