"""The worker process and its timetable, wired once: tasks claim what is due in PostgreSQL, act, record."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

from celery.signals import setup_logging

from core import logs
from core.access.seal_for_radius import forget_guesses, seal_for_radius
from core.bells import build
from core.billing.agreements import expire_agreements
from core.billing.draft import issuer_of
from core.billing.dun import dun
from core.billing.fulfil import bill_fulfilments
from core.billing.money_came import money_came, put_on_again
from core.billing.of_statements import bills_of
from core.billing.renewal_reminders import remind_renewals
from core.billing.run import bill_due
from core.billing.tell_invoices import tell_invoices
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.errors import GatewayError
from core.gateways.africas_talking import AfricasTalkingSender
from core.gateways.radius_coa import RadiusSessions
from core.gateways.routeros import RouterOsRouter
from core.gateways.throttle import AsksThrottle
from core.gateways.wiring import collectors, disburser, pre_approver
from core.integrity import all_faults
from core.logs import log
from core.messaging.outbox import Claimed
from core.messaging.relay import relay
from core.messaging.send_text import send_text
from core.network.expire import expire_due, forget_long_ended
from core.network.house import house_of
from core.network.keeper import Keeper
from core.network.kick import kick_strays
from core.network.send_session_commands import send_session_commands
from core.parts import Parts, assemble
from core.payments.ask_payment import ask_payment, claim_due, platform_of
from core.payments.collector import Collector
from core.payments.disburser import Disburser
from core.payments.request_payment import request_payment
from core.payments.send_note import send_note
from core.payouts.ask_payout_status import ask_payout_status, claim_due_payout
from core.payouts.ask_pre_approval import ask_pre_approval, claim_due_pre_approval
from core.payouts.cancel_pre_approval import cancel_pre_approval
from core.payouts.name_payee import name_payee
from core.payouts.request_pre_approval import request_pre_approval
from core.payouts.run_auto_top_ups import run_auto_top_ups
from core.payouts.run_settlements import run_settlements
from core.payouts.send_payout import send_payout
from core.places import place
from core.settings import load
from core.statements.read_import import read_waiting
from core.subscriptions.keep_fair_use import keep_fair_use
from core.subscriptions.keep_speed import keep_speed
from core.tokens.fulfil import fulfilments
from core.tokens.tell_waiting import tell_waiting
from core.usage.fold import close_lost, fold

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
        # By platform: what one took can be asked about nowhere else. The first takes MTN's new payments.
        self.collectors = collectors(settings)
        self.momo = next(iter(self.collectors.values()))
        self.disburser = disburser(settings)
        self.pre_approver = pre_approver(settings)
        self.fulfil = {
            **fulfilments(ids=parts.ids, sealer=parts.sealer),
            **bill_fulfilments(issuer=self.issuer),
        }
        self.keeper = Keeper(
            parts.db,
            RouterOsRouter,
            parts.sealer,
            parts.clock,
            house_of(settings, parts.sealer.radius.open),
            # Those whose token waits for a router, or works now, are told.
            after_visit=lambda: tell_waiting(parts.db, parts.clock.now()),
        )
        self.throttle = AsksThrottle(settings.redis_url, per_second=settings.momo_asks_per_second_max)
        self.handlers = {
            "sms": self.send_text,
            "momo.request": self.request_payment,
            "momo.note": self.send_note,
            "payout.name": self.name_payee,
            "payout.send": self.send_payout,
            "pre_approval.request": self.request_consent,
            "pre_approval.cancel": self.cancel_consent,
        }

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
        collector = self.collector_of(row.body["intent"])
        request_payment(
            row,
            db=self.parts.db,
            collector=collector,
            clock=self.parts.clock,
            callback_url=self.callback_url(collector.rail),
            code=self.parts.settings.service_code,
        )

    def collector_of(self, intent_id: int) -> Collector:
        """Whom a payment was asked of, or is to be. Of a platform we speak to no more, the first one says that."""
        return self.collectors.get(platform_of(self.parts.db, intent_id), self.momo)

    def callback_url(self, rail: str = "mtn-momo") -> str:
        """Where a provider calls back; our reference follows it."""
        settings = self.parts.settings
        return f"{settings.public_url}/callbacks/{rail}/{settings.gateway_key}"

    def ask_payment(self, intent_id: int) -> None:
        """Ask about one payment."""
        ask_payment(
            intent_id,
            db=self.parts.db,
            collector=self.collector_of(intent_id),
            clock=self.parts.clock,
            fulfil=self.fulfil,
            code=self.parts.settings.service_code,
        )

    def ask_payout(self, payout_id: int) -> None:
        """Ask about one payout."""
        disburser = self.paying()
        ask_payout_status(
            payout_id, db=self.parts.db, disburser=disburser, clock=self.parts.clock, came_back=self.came_back
        )

    def ask_consent(self, consent_id: int) -> None:
        """Ask about one consent."""
        ask_pre_approval(consent_id, db=self.parts.db, pre_approver=self.pre_approver, clock=self.parts.clock)

    def send_note(self, row: Claimed) -> None:
        """Have the provider send its own note of a payment."""
        send_note(row, db=self.parts.db, collectors=self.collectors, clock=self.parts.clock)

    def name_payee(self, row: Claimed) -> None:
        """Ask whose wallet money is to go to."""
        name_payee(row, db=self.parts.db, disburser=self.paying(), clock=self.parts.clock)

    def send_payout(self, row: Claimed) -> None:
        """Send one payout."""
        send_payout(
            row,
            db=self.parts.db,
            disburser=self.paying(),
            clock=self.parts.clock,
            callback_url=self.callback_url(),
            came_back=self.came_back,
        )

    def paying(self) -> Disburser:
        """Who pays out.

        Raises:
            GatewayError: permanent; nobody does by these settings, and the row waits for a person.
        """
        if self.disburser is None:
            raise GatewayError("MOMO_DISBURSEMENT_* is not set: nothing can be paid out", permanent=True)
        return self.disburser

    def came_back(self, tx: Transaction, customer_id: int, key: str, now: datetime) -> None:
        """Money that was to leave is on a balance again: it is used as any that comes."""
        money_came(tx, customer_id=customer_id, key=key, issuer=self.issuer, now=now)

    def request_consent(self, row: Claimed) -> None:
        """Ask a phone to agree to later charges."""
        request_pre_approval(
            row,
            db=self.parts.db,
            pre_approver=self.pre_approver,
            clock=self.parts.clock,
            callback_url=self.callback_url(),
        )

    def cancel_consent(self, row: Claimed) -> None:
        """Take a consent back at the provider."""
        cancel_pre_approval(row, db=self.parts.db, pre_approver=self.pre_approver, clock=self.parts.clock)


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
    _ask_all("momo.ask", claim_due, worker().ask_payment)


@app.task(name="ask payouts")
def ask_payouts(_bell: str = "payout.ask") -> None:
    """Ask about every payout that is due."""
    if worker().disburser is not None:
        _ask_all("payout.ask", claim_due_payout, worker().ask_payout)


@app.task(name="ask consents")
def ask_consents(_bell: str = "pre_approval.ask") -> None:
    """Ask about every consent to later charges that is due."""
    _ask_all("pre_approval.ask", claim_due_pre_approval, worker().ask_consent)


def _ask_all(kind: str, claim: Callable[[Database, datetime], int | None], ask: Callable[[int], object]) -> None:
    """Ask about one after the other until none is due. One that fails in our own code keeps nobody waiting."""
    shared = worker()
    with place(kind) as free:
        for _ask in range(ASKS_PER_RUN_MAX if free else 0):
            found = claim(shared.parts.db, shared.parts.clock.now())
            if found is None:
                return
            shared.throttle.wait()
            try:
                ask(found)
            except Exception:
                LOG.exception("asking failed", kind=kind, row=found)


@app.task(name="read statements")
def read_statements(_bell: str = "statements.read") -> None:
    """Read the files of banks and providers that wait, each on from where it was left."""
    shared = worker()
    parts = shared.parts
    with place("statements.read") as free:
        if free:
            read_waiting(parts.db, clock=parts.clock, bills=bills_of(shared.issuer))


@app.task(name="top up")
def top_up() -> None:
    """Announce and make the top-ups that customers agreed to."""
    shared = worker()
    parts = shared.parts
    with place("top_up") as free:
        if free:
            run_auto_top_ups(parts.db, now=parts.clock.now(), platform=shared.momo.platform, ids=parts.ids)


@app.task(name="settle")
def settle_with_owners() -> None:
    """Settle with the Wi-Fi owners who have something to get, once a day."""
    shared = worker()
    parts = shared.parts
    with place("settle") as free:
        if free and shared.disburser is not None:
            run_settlements(parts.db, now=parts.clock.now(), platform=shared.disburser.platform, ids=parts.ids)


@app.task(name="sync")
def sync_due(_bell: str = "router") -> None:
    """Begin a visit to each router that is due."""
    worker().keeper.visit_due()


@app.task(name="check routers")
def check_routers(_bell: str = "router.check") -> None:
    """Look at each router that is to be checked."""
    with place("router.check") as free:
        if free:
            worker().keeper.check_due()


@app.task(name="fold usage")
def fold_usage() -> None:
    """Count what equipment told of, close sessions whose end was lost, and hold services to fair use."""
    parts = worker().parts
    with place("usage") as free:
        if free:
            fold(parts.db, parts.clock.now())
            close_lost(parts.db, parts.clock.now())
            keep_fair_use(parts.db, parts.clock.now())


@app.task(name="tell sessions")
def tell_sessions(_bell: str = "session") -> None:
    """Have routers that ask by RADIUS end sessions, or change them."""
    parts = worker().parts
    with place("session") as free:
        if free:
            send_session_commands(parts.db, control=RadiusSessions(), sealer=parts.sealer, clock=parts.clock)


@app.task(name="radius")
def radius() -> None:
    """Give the RADIUS server what it is to check against, and find who runs on without leave."""
    parts = worker().parts
    with place("radius") as free:
        if not free:
            return
        seal_for_radius(parts.db, parts.sealer)
        forget_guesses(parts.db, parts.clock.now())
        strays = kick_strays(parts.db, parts.clock.now())
    if strays:
        LOG.warning("sessions ran on without leave", grants=strays)


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
        put_on_again(parts.db, issuer=shared.issuer, now=now)
        remind_renewals(parts.db, now=now, code=code, step_minor=shared.issuer.step_minor)


@app.task(name="check")
def check() -> None:
    """Hold the books against themselves; a fault is an alarm in the log."""
    parts = worker().parts
    with parts.db.reading() as connection:
        for fault in all_faults(connection, parts.clock.now()):
            LOG.error("books", fault=fault)
