"""Callers who come at the same time are served together, and nobody has the answer or the error of another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.db.together import TOGETHER_MAX, WORKING_MAX, Together


def test_who_comes_alone_is_served_at_once() -> None:
    served: list[list[int]] = []

    def work(asked: Sequence[int]) -> list[int]:
        served.append(list(asked))
        return [one * 2 for one in asked]

    together = Together(work)
    assert [together.call(number) for number in range(3)] == [0, 2, 4]
    assert served == [[0], [1], [2]]


def test_who_comes_while_others_are_served_is_served_with_those_who_wait_too() -> None:
    served: list[int] = []
    held, inside = threading.Event(), threading.Semaphore(0)

    def work(asked: Sequence[int]) -> list[int]:
        served.append(len(asked))
        inside.release()
        held.wait()
        return [one * 2 for one in asked]

    together = Together(work)
    with ThreadPoolExecutor(100) as pool:
        first = []
        for number in range(WORKING_MAX):
            first.append(pool.submit(together.call, number))
            inside.acquire()
        more = [pool.submit(together.call, number) for number in range(WORKING_MAX, 100)]
        while together.waiting < len(more):
            pass
        held.set()
        assert [one.result() for one in first + more] == [number * 2 for number in range(100)]
    assert sum(served) == 100
    assert max(served) <= TOGETHER_MAX
    assert len(served) < 20


def test_where_it_fails_for_many_each_hears_of_its_own() -> None:
    def work(asked: Sequence[int]) -> list[int]:
        if 13 in asked:
            raise LookupError("thirteen")
        return [one * 2 for one in asked]

    together = Together(work)

    def call(number: int) -> int | str:
        try:
            return together.call(number)
        except LookupError as error:
            return str(error)

    with ThreadPoolExecutor(32) as pool:
        for _ in range(20):
            answers = list(pool.map(call, range(32)))
            assert answers == ["thirteen" if number == 13 else number * 2 for number in range(32)]


@pytest.mark.parametrize("threads", [2, 3, 5, 32])
def test_nobody_is_left_waiting_however_they_come(threads: int) -> None:
    together: Together[int, int] = Together(lambda asked: [one + 1 for one in asked])

    def calls(number: int) -> list[int]:
        return [together.call(number * 1000 + at) for at in range(200)]

    with ThreadPoolExecutor(threads) as pool:
        for number, answers in enumerate(pool.map(calls, range(threads))):
            assert answers == [number * 1000 + at + 1 for at in range(200)]
    assert together.waiting == 0
