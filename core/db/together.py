"""Callers who come at the same time are served together: a transaction of many costs little more than that of one.

Who comes alone is served at once. Of many, some are served while the others gather: whoever is the first of these
does the work for all of them, once as many have come as there were lately, or after `GATHERING_S_MAX`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

WORKING_MAX: Final = 2  # one is with the database while the next gathers
GATHERING_S_MAX: Final = 0.002
TOGETHER_MAX: Final = 64


class _Call(Generic[Asked, Answer]):
    """One who came. `woken` is held until there is an answer, or it is theirs to work."""

    __slots__ = ("answer", "asked", "served", "woken")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer | None = None
        self.served = False
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[Asked, Answer]):
    """Calls of all threads of a process to the same work.

    `work` takes what was asked and gives as many answers, in order, all of it or nothing: where it fails for many,
    each does it again alone, so that nobody has the error of another.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._enough = threading.Condition(self._mutex)
        self._waiting: list[_Call[Asked, Answer]] = []
        self._gathers = False  # the first who waits is awake, and will work for those behind
        self._working = 0
        self._served = 0  # how many are being served
        self._wanted = 1

    def call(self, asked: Asked) -> Answer:
        """The answer to this one. It raises what `work` raises for it alone."""
        mine: _Call[Asked, Answer] = _Call(asked)
        with self._mutex:
            self._waiting.append(mine)
            leads = not self._gathers and self._working < WORKING_MAX
            if leads:
                self._gathers = True
            elif self._gathers and len(self._waiting) >= self._wanted:
                self._enough.notify()
        if not leads:
            mine.woken.acquire()
        if not mine.served:
            self._serve()
        if mine.answer is None:
            return self._work([asked])[0]
        return mine.answer

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _serve(self) -> None:
        """Gather, and work for all who came. The first of them is who does so."""
        calls = self._gather()
        try:
            for call, answer in zip(calls, self._work([call.asked for call in calls]), strict=True):
                call.answer = answer
        except Exception:  # noqa: BLE001, S110  each hears of its own, alone
            pass
        finally:
            with self._mutex:
                self._working -= 1
                self._served -= len(calls)
                self._wake_next()
            for call in calls[1:]:
                call.served = True
                call.woken.release()

    def _gather(self) -> list[_Call[Asked, Answer]]:
        with self._mutex:
            self._enough.wait_for(lambda: len(self._waiting) >= self._wanted, GATHERING_S_MAX)
            here = len(self._waiting) + self._served
            self._wanted = min(-(-here // WORKING_MAX), TOGETHER_MAX)
            calls = self._waiting[: self._wanted]
            del self._waiting[: self._wanted]
            self._gathers = False
            self._working += 1
            self._served += len(calls)
            self._wake_next()
        return calls

    def _wake_next(self) -> None:
        if self._waiting and not self._gathers and self._working < WORKING_MAX:
            self._gathers = True
            self._waiting[0].woken.release()
