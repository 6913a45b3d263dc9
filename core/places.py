"""Places to work in: how many threads of a worker each kind of work may hold at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# A slow provider or a street without power then keeps only its
# own work waiting. What finds no place is let go: the sweep asks again within seconds, and the work is in PostgreSQL.
PLACES: Final = {
    "sms": 3,
    "momo.request": 3,
    "momo.note": 1,
    "momo.ask": 2,
    "payout.name": 1,
    "payout.send": 2,
    "payout.ask": 1,
    "pre_approval.request": 1,
    "pre_approval.cancel": 1,
    "pre_approval.ask": 1,
    "statements.read": 1,
    "router.check": 1,
    "watch": 1,
    "webhook": 2,
    "usage": 1,
    "session": 1,
    "radius": 1,
    "bill": 1,
    "dun": 1,
    "top_up": 1,
    "settle": 1,
}
_places = {name: threading.BoundedSemaphore(count) for name, count in PLACES.items()}


@contextmanager
def place(kind: str) -> Iterator[bool]:
    """A place to do this kind of work in; false when all are taken."""
    free = _places[kind].acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _places[kind].release()
