"""Waiting for what must become true, never for time to pass; and noting what was measured on the way."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg2
import requests

PATIENCE_S = 40.0  # two cores, shared with the rest of the suite
POLL_S = 0.05
# What a caller meets while a process is dead: not an answer yet.
NOT_YET = (requests.RequestException, psycopg2.OperationalError)

Found = TypeVar("Found")


def await_until(condition: Callable[[], Found], within_s: float = PATIENCE_S, what: str = "") -> Found:
    """Ask until the answer is true; a process that is down is one that has not answered yet."""
    deadline = time.monotonic() + within_s
    while True:
        last: object
        try:
            last = found = condition()
        except NOT_YET as error:
            last = error
        else:
            if found:
                return found
        assert time.monotonic() < deadline, f"after {within_s:g} s: {what or condition} is still {last!r}"
        time.sleep(POLL_S)


def note(words: str) -> None:
    """A figure for whoever reads the run: `pytest -rP` shows it, and so does a failure."""
    sys.stdout.write(f"{words}\n")
