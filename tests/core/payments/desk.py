"""What a worker does with payments, by hand, and the provider's phones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import requests
from sqlalchemy import select

from core.billing.draft import issuer_of
from core.billing.fulfil import bill_fulfilments
from core.billing.money_came import used_by
from core.clock import FixedClock
from core.customers.queries import Account, account
from core.messaging.relay import relay
from core.money import Money
from core.owners.fulfil import owner_fulfilments
from core.parts import Parts
from core.payments.ask_payment import ask_payment, claim_due
from core.payments.hear_callback import hear_callback
from core.payments.models import PaymentIntent
from core.payments.open_intent import open_intent
from core.payments.request_payment import request_payment
from core.tokens.fulfil import fulfilments
from tests.town import Town

_keys = itertools.count(1)


class Desk:
    """One process that requests and asks."""

    def __init__(self, parts: Parts, town: Town, collector: Any, url: str = "") -> None:
        self.parts = parts
        self.town = town
        self.url = url
        self.collector = collector
        self.callback_url = "http://127.0.0.1:1/callbacks/mtn-momo/key"
        self.fulfil = {
            **fulfilments(ids=parts.ids, sealer=parts.sealer, stays=used_by(issuer_of(parts.settings))),
            **owner_fulfilments(ids=parts.ids, sealer=parts.sealer, stays=used_by(issuer_of(parts.settings))),
            **bill_fulfilments(issuer=issuer_of(parts.settings)),
        }

    @property
    def collector(self) -> Any:
        return self._collector

    @collector.setter
    def collector(self, collector: Any) -> None:
        """Whom we speak to from now on. A stand-in that names no platform speaks for the one we have."""
        if not hasattr(collector, "platform"):
            collector.platform = self.url
        for silent in ("prepare", "holder_active"):  # and one that has nothing to say of these says nothing
            if not hasattr(collector, silent):
                setattr(collector, silent, lambda _asked: None)
        self._collector = collector

    def open(
        self,
        pounds: int = 500,
        *,
        who: Account | None = None,
        token: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> int:
        """A row that means to collect, as a hop writes it."""
        key = next(_keys)
        who = who or self.town.achol
        with self.parts.db.transaction() as tx:
            return open_intent(
                tx,
                request_key=f"story:{key}",
                customer=account(tx.connection, who.customer_id),
                payer_phone=who.main_phone,
                amount=Money.of(pounds, "SSP"),
                purpose="token" if token else "topup",
                purpose_body=token or body or {"story": key},
                platform=self.url,
                now=self.parts.clock.now(),
                ids=self.parts.ids,
            ).intent_id

    def for_token(self, plan: str = "1H", ssid: str = "Juba Town Wi-Fi", recipient: str = "") -> dict[str, Any]:
        return {
            "plan_version": self.town.plans[plan],
            "hotspot": self.town.hotspots[ssid],
            "recipient": recipient or self.town.achol.main_phone,
        }

    def request(self) -> int:
        """Send what waits to be requested."""

        def handle(row: Any) -> None:
            request_payment(
                row,
                db=self.parts.db,
                collector=self.collector,
                clock=self.parts.clock,
                callback_url=self.callback_url,
                code="*384*77#",
            )

        return relay(self.parts.db, kind="momo.request", handlers={"momo.request": handle}, clock=self.parts.clock)

    def ask(self) -> list[str]:
        """Ask about everything that is due; the states afterwards."""
        states = []
        while (intent_id := claim_due(self.parts.db, self.parts.clock.now())) is not None:
            states.append(self.ask_about(intent_id))
        return states

    def ask_about(self, intent_id: int) -> str:
        return ask_payment(
            intent_id,
            db=self.parts.db,
            collector=self.collector,
            clock=self.parts.clock,
            fulfil=self.fulfil,
            code="*384*77#",
        )

    def later(self, **by: float) -> list[str]:
        """Some time passes, then the timetable rings."""
        clock = self.parts.clock
        assert isinstance(clock, FixedClock)
        clock.advance(**by)
        self.request()
        return self.ask()

    def hint(self, intent_id: int) -> bool:
        """A callback came."""
        with self.parts.db.transaction() as tx:
            return hear_callback(
                tx,
                provider="mtn-momo",
                method="PUT",
                path_reference=str(self.intent(intent_id)["reference"]),
                body="{}",
                now=self.parts.clock.now(),
            ).known

    def intent(self, intent_id: int) -> dict[str, Any]:
        with self.parts.db.reading() as connection:
            return dict(connection.execute(select(PaymentIntent).where(PaymentIntent.id == intent_id)).mappings().one())

    def state(self, intent_id: int) -> str:
        return str(self.intent(intent_id)["state"])

    def balance(self, who: Account | None = None) -> int:
        return self.town.balance(who or self.town.achol).minor

    # The provider's side

    def control(self, path: str, **body: object) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def decide(self, decision: str, who: Account | None = None) -> None:
        self.control("decide", msisdn=(who or self.town.achol).main_phone, decision=decision)

    def asked_of_phones(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = requests.get(f"{self.url}/sandbox/requests", timeout=10).json()["requests"]
        return shown
