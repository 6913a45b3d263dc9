"""What the tasks of a worker process share: wired once, at the first task."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

from celery.signals import setup_logging

from core import logs
from core.bells import build
from core.billing.draft import issuer_of
from core.billing.fulfil import bill_fulfilments
from core.billing.money_came import used_by
from core.errors import GatewayError
from core.gateways.africas_talking import AfricasTalkingSender
from core.gateways.routeros import RouterOsRouter
from core.gateways.throttle import AsksThrottle
from core.gateways.webhooks import HttpCourier
from core.gateways.wiring import collectors, disburser, pre_approver
from core.messaging.outbox import Claimed
from core.messaging.send_text import send_text
from core.network.house import house_of
from core.network.keeper import Keeper
from core.owners.fulfil import owner_fulfilments
from core.owners.name_wallet import name_wallet
from core.partners.send_event import send_event
from core.parts import Parts, assemble
from core.payments.ask_payment import ask_payment, platform_of
from core.payments.collector import Collector
from core.payments.disburser import Disburser
from core.payments.request_payment import request_payment
from core.payments.send_note import send_note
from core.payouts.ask_payout_status import ask_payout_status
from core.payouts.ask_pre_approval import ask_pre_approval
from core.payouts.cancel_pre_approval import cancel_pre_approval
from core.payouts.name_payee import name_payee
from core.payouts.request_pre_approval import request_pre_approval
from core.payouts.send_payout import send_payout
from core.settings import load
from core.tokens.fulfil import fulfilments
from core.tokens.tell_waiting import tell_waiting

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
        # Money that was to leave, or found nothing to buy, is on a balance again: it is used as any that comes.
        self.came_back = used_by(self.issuer)
        self.sender = AfricasTalkingSender(
            username=settings.at_username, api_key=settings.at_api_key, base_url=settings.at_base_url
        )
        # By platform: what one took can be asked about nowhere else. The first takes MTN's new payments.
        self.collectors = collectors(settings)
        self.momo = next(iter(self.collectors.values()))
        self.disburser = disburser(settings)
        self.pre_approver = pre_approver(settings)
        self.fulfil = {
            **fulfilments(ids=parts.ids, sealer=parts.sealer, stays=self.came_back),
            **owner_fulfilments(ids=parts.ids, sealer=parts.sealer, stays=self.came_back),
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
        self.courier = HttpCourier(private=settings.webhooks_private)
        self.throttle = AsksThrottle(settings.redis_url, per_second=settings.momo_asks_per_second_max)
        self.handlers = {
            "sms": self.send_text,
            "momo.request": self.request_payment,
            "momo.note": self.send_note,
            "payout.name": self.name_payee,
            "payout.send": self.send_payout,
            "owner.name": self.name_wallet,
            "pre_approval.request": self.request_consent,
            "pre_approval.cancel": self.cancel_consent,
            "webhook": self.send_event,
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

    def name_wallet(self, row: Claimed) -> None:
        """Ask whose wallet an owner's money is to go to."""
        name_wallet(row, db=self.parts.db, disburser=self.paying(), clock=self.parts.clock)

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

    def request_consent(self, row: Claimed) -> None:
        """Ask a phone to agree to later charges."""
        request_pre_approval(
            row,
            db=self.parts.db,
            pre_approver=self.pre_approver,
            clock=self.parts.clock,
            callback_url=self.callback_url(),
        )

    def send_event(self, row: Claimed) -> None:
        """Send one event to one partner."""
        send_event(row, db=self.parts.db, courier=self.courier, sealer=self.parts.sealer, clock=self.parts.clock)

    def cancel_consent(self, row: Claimed) -> None:
        """Take a consent back at the provider."""
        cancel_pre_approval(row, db=self.parts.db, pre_approver=self.pre_approver, clock=self.parts.clock)


@cache
def worker() -> Worker:
    """The parts of this process, made at the first task: importing builds nothing."""
    from core.bells import bell

    return Worker(assemble(SETTINGS, ring=bell(SETTINGS.redis_url), pool_size=CONNECTIONS))
