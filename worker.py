"""The worker process and its timetable, wired once: tasks claim what is due in PostgreSQL, act, record."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from celery.signals import setup_logging

from core import logs
from core.bells import build
from core.billing.agreements import expire_agreements
from core.billing.draft import issuer_of
from core.billing.dun import dun
from core.billing.fulfil import bill_fulfilments
from core.billing.renewal_reminders import remind_renewals
from core.billing.run import bill_due
from core.billing.tell_invoices import tell_invoices
from core.days import juba_day
from core.gateways.africas_talking import AfricasTalkingSender
from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.gateways.routeros import RouterOsRouter
from core.gateways.throttle import AsksThrottle
from core.integrity import all_faults
from core.logs import log
from core.messaging.outbox import Claimed
from core.messaging.relay import relay
from core.messaging.send_text import send_text
from core.network.expire import expire_due, forget_long_ended
from core.network.sync import sync_router
from core.network.visits import due_routers
from core.parts import Parts, assemble
from core.payments.ask_payment import ask_payment, claim_due
from core.payments.request_payment import request_payment
from core.settings import load
from core.subscriptions.keep_speed import keep_speed
from core.tokens.fulfil import fulfilments
from core.tokens.tell_waiting import tell_waiting

LOG = log("worker")
ASKS_PER_RUN_MAX: Final = 200
CONNECTIONS: Final = 6  # fewer than threads: none is held while a gateway is slow

SETTINGS = load(os.environ)
app = build(SETTINGS.redis_url)


@setup_logging.connect
def _logging(**_facts: Any) -> None:
    """Keep celery from setting up logs of its own: ours redact."""
    logs.configure(SETTINGS.log_level, SETTINGS.secrets)


class Worker:
    """What the tasks of this process share."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.issuer = issuer_of(settings)
        self.sender = AfricasTalkingSender(
            username=settings.at_username, api_key=settings.at_api_key, base_url=settings.at_base_url
        )
        self.collector = MtnMomoCollector(
            MomoAccount(
                base_url=settings.momo_base_url,
                target_environment=settings.momo_target_environment,
                subscription_key=settings.momo_subscription_key,
                api_user=settings.momo_api_user,
                api_key=settings.momo_api_key,
                currency=settings.momo_currency,
            )
        )
        self.fulfil = {
            **fulfilments(ids=parts.ids, sealer=parts.sealer),
            **bill_fulfilments(issuer=self.issuer),
        }
        self.throttle = AsksThrottle(settings.redis_url, per_second=settings.momo_asks_per_second_max)
        self.handlers = {"sms": self.send_text, "momo.request": self.request_payment}

    def send_text(self, row: Claimed) -> None:
        """Send one text."""
        send_text(
            row,
            db=self.parts.db,
            sender=self.sender,
            sealer=self.parts.sealer,
            clock=self.parts.clock,
            sender_name=self.parts.settings.at_sender,
        )

    def request_payment(self, row: Claimed) -> None:
        """Prompt one payer."""
        settings = self.parts.settings
        request_payment(
            row,
            db=self.parts.db,
            collector=self.collector,
            clock=self.parts.clock,
            callback_url=f"{settings.public_url}/callbacks/mtn-momo/{settings.gateway_key}",
            code=settings.service_code,
        )


# How many threads each kind of work may hold at once. A slow provider or a street without power then keeps only its
# own work waiting. What finds no place is let go: the sweep asks again within seconds, and the work is in PostgreSQL.
PLACES: Final = {"sms": 3, "momo.request": 3, "momo.ask": 2, "visit": 4, "bill": 1, "dun": 1}
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


@cache
def worker() -> Worker:
    """The parts of this process, made at the first task: importing builds nothing."""
    from core.bells import bell

    return Worker(assemble(SETTINGS, ring=bell(SETTINGS.redis_url), pool_size=CONNECTIONS))


@app.task(name="relay")
def relay_due(kind: str) -> None:
    """Empty the outbox of one kind."""
    shared = worker()
    with place(kind) as free:
        if free:
            relay(shared.parts.db, kind=kind, handlers=shared.handlers, clock=shared.parts.clock)


@app.task(name="ask")
def ask_due(_bell: str = "momo.ask") -> None:
    """Ask about every payment that is due, within the provider's rate over all processes."""
    with place("momo.ask") as free:
        for _ask in range(ASKS_PER_RUN_MAX if free else 0):
            if not _ask_next(worker()):
                return


def _ask_next(shared: Worker) -> bool:
    """Ask about the next due payment; false when none is. One that fails in our own code keeps nobody waiting."""
    parts = shared.parts
    intent_id = claim_due(parts.db, parts.clock.now())
    if intent_id is None:
        return False
    shared.throttle.wait()
    try:
        ask_payment(
            intent_id,
            db=parts.db,
            collector=shared.collector,
            clock=parts.clock,
            fulfil=shared.fulfil,
            code=parts.settings.service_code,
        )
    except Exception:
        LOG.exception("asking failed", intent=intent_id)
    return True


@app.task(name="sync")
def sync_due(_bell: str = "router") -> None:
    """Wake a visit for each router that is due: a dead one keeps only its own visit waiting."""
    parts = worker().parts
    for router_id in due_routers(parts.db, parts.clock.now()):
        app.send_task("visit", args=[router_id], expires=60)


@app.task(name="visit")
def visit(router_id: int) -> None:
    """Visit one router, then tell those whose token waits for it or works now."""
    parts = worker().parts
    with place("visit") as free:
        if free:
            sync_router(router_id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock)
    tell_waiting(parts.db, parts.clock.now())


@app.task(name="expire")
def expire() -> None:
    """End what is over; take what ended long ago off its router."""
    parts = worker().parts
    ended = expire_due(parts.db, parts.clock.now())
    forget_long_ended(parts.db, parts.clock.now())
    if ended:
        LOG.info("grants ended", count=ended)


@app.task(name="bill")
def bill() -> None:
    """Bill what is due by today, and give every service the speed its tariff has today."""
    shared = worker()
    parts, now = shared.parts, shared.parts.clock.now()
    with place("bill") as free:
        if not free:
            return
        run = bill_due(parts.db, day=juba_day(now), issuer=shared.issuer, now=now)
        keep_speed(parts.db, now)
    for fault in run.faults:
        LOG.error("service not billed", fault=fault)
    if run.issued or run.lapsed:
        LOG.info("billed", documents=run.issued, lapsed=run.lapsed)


@app.task(name="dun")
def dun_due() -> None:
    """Tell of new bills, remind of old ones, cut off and end what must be; end agreements that were not kept."""
    shared = worker()
    parts, now, code = shared.parts, shared.parts.clock.now(), shared.parts.settings.service_code
    with place("dun") as free:
        if not free:
            return
        tell_invoices(parts.db, now=now, code=code)
        expire_agreements(parts.db, now)
        dun(parts.db, now=now, code=code)
        remind_renewals(parts.db, now=now, code=code, step_minor=shared.issuer.step_minor)


@app.task(name="check")
def check() -> None:
    """Hold the books against themselves; a fault is an alarm in the log."""
    parts = worker().parts
    with parts.db.reading() as connection:
        for fault in all_faults(connection, parts.clock.now()):
            LOG.error("books", fault=fault)
