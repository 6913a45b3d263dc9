"""Fifty copies of a paying hop at once, over two processes' worth of doors: one effect."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from flask import Flask

from core.clock import SystemClock
from core.db.engine import Database
from core.parts import Parts
from core.settings import Settings
from tests.town import ACHOL, Call, Town, count, doors, everything_agrees

COPIES = 50
DEAD_REDIS = "redis://127.0.0.1:1/0"
AT_THE_PAY_SCREEN = ("2", "1", "11", "1")


@pytest.fixture
def two_doors(parts: Parts, town: Town, redis_url: str) -> Iterator[list[Flask]]:
    with ExitStack() as stack:
        yield [stack.enter_context(apart(parts, redis_url)) for _ in range(2)]
    everything_agrees(parts)


@pytest.fixture
def two_doors_without_redis(parts: Parts, town: Town) -> Iterator[list[Flask]]:
    with ExitStack() as stack:
        yield [stack.enter_context(apart(parts, DEAD_REDIS)) for _ in range(2)]
    everything_agrees(parts)


class apart:  # noqa: N801 - reads as what it does
    """A door with a pool of its own, as another process has."""

    def __init__(self, parts: Parts, redis_url: str) -> None:
        self._stack = ExitStack()
        self._parts = replace(parts, db=Database(parts.settings.database_url, pool_size=6))
        self._redis_url = redis_url

    def __enter__(self) -> Flask:
        self._stack.callback(self._parts.db.close)
        return self._stack.enter_context(doors(self._parts, self._redis_url))

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def all_at_once(posts: list[Callable[[], str]]) -> list[str]:
    together = threading.Barrier(len(posts))

    def post(one: Callable[[], str]) -> str:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(posts)) as pool:
        return list(pool.map(post, posts))


def copies(apps: list[Flask], settings: Settings, text: str) -> list[Callable[[], str]]:
    def one(app: Flask) -> Callable[[], str]:
        return lambda: Call(app.test_client(), settings.gateway_key).hop(text)

    return [one(apps[number % len(apps)]) for number in range(COPIES)]


def test_fifty_copies_of_the_hop_that_pays_by_momo_make_one_intent(
    two_doors: list[Flask], settings: Settings, parts: Parts
) -> None:
    call = Call(two_doors[0].test_client(), settings.gateway_key)
    call.dial()
    call.press(*AT_THE_PAY_SCREEN)
    answers = all_at_once(copies(two_doors, settings, "2*1*11*1*2"))
    assert len(set(answers)) == 1
    assert answers[0].startswith("END Approve")
    assert count(parts, "payment_intent") == 1
    assert count(parts, "outbox", "kind = 'momo.request'") == 1


def test_fifty_copies_of_the_hop_that_pays_from_the_balance_make_one_token(
    two_doors: list[Flask], settings: Settings, parts: Parts, town: Town
) -> None:
    town.give(town.achol, 10_000)
    call = Call(two_doors[0].test_client(), settings.gateway_key)
    call.dial()
    call.press(*AT_THE_PAY_SCREEN)
    answers = all_at_once(copies(two_doors, settings, "2*1*11*1*1"))
    assert {answer[:8] for answer in answers} == {"END Paid"}
    assert count(parts, "token") == 1
    assert town.balance(town.achol).minor == 9_700_00


@pytest.mark.parametrize(("way", "table"), [("1", "token"), ("2", "payment_intent")])
def test_fifty_copies_without_redis_are_made_one_by_the_database(
    way: str, table: str, two_doors_without_redis: list[Flask], settings: Settings, parts: Parts, town: Town
) -> None:
    town.give(town.achol, 10_000)
    call = Call(two_doors_without_redis[0].test_client(), settings.gateway_key)
    call.dial()
    call.press(*AT_THE_PAY_SCREEN)
    answers = all_at_once(copies(two_doors_without_redis, settings, f"2*1*11*1*{way}"))
    assert len(set(answers)) == 1
    assert answers[0].startswith("END")
    assert count(parts, table) == 1


def test_fifty_copies_of_a_strangers_first_answer_register_one_customer(
    two_doors_without_redis: list[Flask], settings: Settings, parts: Parts
) -> None:
    phone = "+211922000009"
    first = Call(two_doors_without_redis[0].test_client(), settings.gateway_key, phone=phone)
    first.dial()
    posts = [
        lambda app=two_doors_without_redis[number % 2]: Call(app.test_client(), settings.gateway_key, phone=phone).hop(
            "1"
        )
        for number in range(COPIES)
    ]
    assert len(set(all_at_once(posts))) == 1
    assert count(parts, "contact", "phone = :phone", phone=phone) == 1
    assert count(parts, "customer") == 3


def test_fifty_copies_over_two_real_processes_make_one_intent(
    environ: dict[str, str], parts: Parts, town: Town, settings: Settings, tmp_path: Path, root: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, (tmp_path / "log").open("w") as said:
        port = listening.getsockname()[1]
        served = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-w", "2", "-k", "gthread", "--threads", "8", "--bind",
             f"fd://{listening.fileno()}", "--no-control-socket", "tests.ussd.served_door:app"],
            env={**os.environ, **environ},
            cwd=root,
            pass_fds=[listening.fileno()],
            stderr=said,
            stdout=said,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/ussd/africastalking/{settings.gateway_key}"

        def hop(text: str) -> str:
            form = {"sessionId": "S", "phoneNumber": ACHOL, "serviceCode": "*384*77#", "text": text}
            return requests.post(url, data=form, timeout=30).text

        for text in ("", "2", "2*1", "2*1*11", "2*1*11*1"):
            assert hop(text).startswith("CON")  # the socket listens already: the first hop waits for the workers
        answers = all_at_once([lambda: hop("2*1*11*1*2")] * COPIES)
    finally:
        served.terminate()
        served.wait(20)
    assert len(set(answers)) == 1, (tmp_path / "log").read_text()
    assert answers[0].startswith("END Approve")
    assert count(parts, "payment_intent") == 1
    everything_agrees(replace(parts, clock=SystemClock()))  # the processes went by the machine's clock
