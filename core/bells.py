"""Waking the workers: celery tasks as bells. PostgreSQL is the record of the work; a lost bell costs time only."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.logs import log

LOG = log("bells")
# bell -> the task that answers it
BELLS: Final = {
    **dict.fromkeys(("sms", "momo.request", "momo.note", "payout.name", "payout.send", "owner.name"), "relay"),
    **dict.fromkeys(("pre_approval.request", "pre_approval.cancel"), "relay"),
    "webhook": "relay",
    "momo.ask": "ask",
    "payout.ask": "ask payouts",
    "pre_approval.ask": "ask consents",
    "statements.read": "read statements",
    "router": "sync",
    "session": "tell sessions",
    "router.check": "check routers",
}
# Bells within it are rung as one: an outbox is emptied by one worker as well as by fifty, and each ringing costs the
# hops of its process half a millisecond. The first bell after a silence rings at once.
MOMENT_S: Final = 0.25
SWEEP_S: Final = 5.0  # how long work may lie when its bell was lost
SLOW_SWEEP_S: Final = 15.0  # of what nobody stands and waits for
SETTLE_S: Final = 3600.0  # each owner once a day; an hour after the power came back it is done
TELL_SALES_S: Final = 600.0  # each owner once a day, soon after the hours of texts begin
WATCH_S: Final = 15.0  # a router that went down is known of within minutes anyway
EXPIRE_S: Final = 15.0
USAGE_S: Final = 10.0  # a crossing of fair use is seen within a minute of the packet that tells of it
BILL_S: Final = 30.0  # within minutes of midnight in Juba; a round with nothing due is one read
DUN_S: Final = 60.0  # a bill is told within a minute in the day; who pays within it is not cut off after it
RADIUS_S: Final = 60.0
FORGET_S: Final = 3600.0
NIGHTLY_S: Final = 24 * 3600.0
# name -> task, its arguments, seconds between. A round not begun before the next is due is let go: after a night
# without a worker one round finds all there is, as well as five thousand would.
TIMETABLE: Final[dict[str, tuple[str, list[str], float]]] = {
    "sweep texts": ("relay", ["sms"], SWEEP_S),
    "sweep payment requests": ("relay", ["momo.request"], SWEEP_S),
    "sweep events": ("relay", ["webhook"], SWEEP_S),
    "ask about payments": ("ask", ["momo.ask"], SWEEP_S),
    **{
        f"sweep {kind}": ("relay", [kind], SLOW_SWEEP_S)
        for kind in (
            "momo.note",
            "payout.name",
            "payout.send",
            "owner.name",
            "pre_approval.request",
            "pre_approval.cancel",
        )
    },
    "ask about payouts": ("ask payouts", [], SLOW_SWEEP_S),
    "ask about consents": ("ask consents", [], SLOW_SWEEP_S),
    "read statements": ("read statements", [], SLOW_SWEEP_S),
    "top up": ("top up", [], DUN_S),
    "settle with owners": ("settle", [], SETTLE_S),
    "tell owners of sales": ("tell sales", [], TELL_SALES_S),
    "sync routers": ("sync", ["router"], SWEEP_S),
    "watch routers": ("watch routers", [], WATCH_S),
    "fold usage": ("fold usage", [], USAGE_S),
    "tell sessions": ("tell sessions", ["session"], SWEEP_S),
    "radius": ("radius", [], RADIUS_S),
    "check routers": ("check routers", [], SLOW_SWEEP_S),
    "expire": ("expire", [], EXPIRE_S),
    "bill": ("bill", [], BILL_S),
    "dun": ("dun", [], DUN_S),
    "forget what was told": ("forget told", [], FORGET_S),
    "check the books": ("check", [], NIGHTLY_S),
}


def _broker(url: str) -> str:
    """Celery's own way of writing a unix socket."""
    return (
        "redis+socket://" + url.removeprefix("unix://").replace("?db=", "?virtual_host=")
        if url.startswith("unix://")
        else url
    )


def build(redis_url: str) -> Celery:
    """The celery application: no results, no waiting, JSON only."""
    app = Celery("shabaka", broker=_broker(redis_url))
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        enable_utc=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        # A bell that cannot be rung is let go at once: the sweep finds the work.
        broker_transport_options={"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0},
        task_publish_retry=False,
        beat_schedule={
            name: {"task": task, "args": arguments, "schedule": every, "options": {"expires": every}}
            for name, (task, arguments, every) in TIMETABLE.items()
        },
    )
    return app


class Bell:
    """Rings after commit. Bells asked for within a moment are rung once, by a thread: the caller waits for none."""

    def __init__(self, redis_url: str) -> None:
        self._app = build(redis_url)
        self._asked: dict[str, None] = {}
        self._awake = threading.Condition()
        self._pid = 0

    def __call__(self, name: str) -> None:
        """Ask for a bell. Never raises but for a name nobody answers to, which is our own mistake."""
        if name not in BELLS:
            raise AssertionError(f"nobody answers to the bell {name!r}")
        with self._awake:
            self._asked[name] = None
            if self._pid != os.getpid():  # a thread does not survive the fork of a web worker
                self._pid = os.getpid()
                threading.Thread(target=self._ring_for_ever, name="bells", daemon=True).start()
            self._awake.notify()

    def _ring_for_ever(self) -> None:
        while True:
            with self._awake:
                self._awake.wait_for(lambda: self._asked)
                asked, self._asked = self._asked, {}
            for name in asked:
                self._ring(name)
            time.sleep(MOMENT_S)

    def _ring(self, name: str) -> None:
        try:
            self._app.send_task(BELLS[name], args=[name], retry=False, expires=60)
        except (OperationalError, RedisError, OSError) as error:
            LOG.warning("bell not heard", bell=name, error=type(error).__name__)


def bell(redis_url: str) -> Callable[[str], None]:
    """What a process calls after commit to wake the workers."""
    return Bell(redis_url)
