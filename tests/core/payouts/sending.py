"""What a worker does with payouts and consents, by hand, and the provider's side of them."""

from __future__ import annotations

from typing import Any

import requests
from sqlalchemy import text

from core.messaging.relay import relay
from core.parts import Parts
from core.payments.models import PaymentIntent
from core.payouts.ask_payout import by_momo
from core.payouts.ask_payout_status import ask_payout_status, claim_due_payout
from core.payouts.ask_pre_approval import ask_pre_approval, claim_due_pre_approval
from core.payouts.cancel_pre_approval import cancel_pre_approval
from core.payouts.hold import leave_on_balance
from core.payouts.name_payee import name_payee
from core.payouts.request_pre_approval import request_pre_approval
from core.payouts.send_payout import send_payout
from core.payouts.settle_payout_by_hand import settle_payout_by_hand
from tests.core.payments.desk import Desk
from tests.core.payouts.paying import SEEN, Paying
from tests.town import Town

CALLBACKS = "http://127.0.0.1:1/callbacks/mtn-momo/key"


class Sending(Paying):
    """One process that names, sends and asks."""

    def __init__(self, parts: Parts, town: Town, url: str, disburser: Any, pre_approver: Any, collector: Any) -> None:
        super().__init__(parts, town, url)
        self.url = url
        self.disburser = disburser
        self.pre_approver = pre_approver
        self.came_back: Any = leave_on_balance
        self.desk = Desk(parts, town, collector, url)

    def handlers(self) -> dict[str, Any]:
        db, clock = self.parts.db, self.parts.clock
        return {
            "payout.name": lambda row: name_payee(row, db=db, disburser=self.disburser, clock=clock),
            "payout.send": lambda row: send_payout(
                row, db=db, disburser=self.disburser, clock=clock, callback_url=CALLBACKS, came_back=self.came_back
            ),
            "pre_approval.request": lambda row: request_pre_approval(
                row, db=db, pre_approver=self.pre_approver, clock=clock, callback_url=CALLBACKS
            ),
            "pre_approval.cancel": lambda row: cancel_pre_approval(
                row, db=db, pre_approver=self.pre_approver, clock=clock
            ),
        }

    def works(self, kind: str) -> int:
        return relay(self.parts.db, kind=kind, handlers=self.handlers(), clock=self.parts.clock)

    def asks_about_all(self) -> list[str]:
        states = []
        while (payout_id := claim_due_payout(self.parts.db, self.now)) is not None:
            states.append(self.asks_about(payout_id))
        return states

    def asks_about(self, payout_id: int) -> str:
        return ask_payout_status(
            payout_id, db=self.parts.db, disburser=self.disburser, clock=self.parts.clock, came_back=self.came_back
        )

    def asks_about_consents(self) -> list[str]:
        states = []
        while (consent_id := claim_due_pre_approval(self.parts.db, self.now)) is not None:
            states.append(
                ask_pre_approval(consent_id, db=self.parts.db, pre_approver=self.pre_approver, clock=self.parts.clock)
            )
        return states

    def passes(self, **by: float) -> list[str]:
        """Some time passes, then the timetable rings."""
        self.later(**by)
        self.works("payout.send")
        return self.asks_about_all()

    def approved(self, pounds: int = 500) -> int:
        """A transfer from Achol's balance to her phone, with the money for it, approved and not sent yet."""
        self.town.give(self.town.achol, pounds, key=f"for-{self.parts.ids.new_uuid()}")
        payout_id = self.asks(pounds, way=by_momo(self.url, self.town.achol.main_phone)).payout_id
        self.works("payout.name")
        self.approves(payout_id)
        return payout_id

    def collected(self, pounds: int = 500) -> str:
        """A top-up of Achol's by MoMo; its receipt."""
        self.desk.open(pounds)
        self.desk.request()
        self.desk.decide("approve")
        assert self.desk.later(seconds=5) == ["paid"]
        return self.last_receipt()

    def settles_by_hand(self, payout_id: int, outcome: str, reference: str = "", **more: Any) -> None:
        self.does(
            settle_payout_by_hand,
            payout_id=payout_id,
            outcome=outcome,
            provider_reference=reference,
            evidence=more.pop("evidence", SEEN),
            staff_id=self.town.staff["mary"],
            now=self.now,
            **more,
        )

    # The provider's side

    def faults(self, **wanted: object) -> None:
        answer = requests.post(f"{self.url}/sandbox/faults", json=wanted, timeout=10)
        assert answer.ok, answer.text

    def control(self, path: str, **body: object) -> None:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=10)
        assert answer.ok, answer.text

    def sent(self, kind: str = "transfer") -> list[dict[str, Any]]:
        """Every movement of a kind that MTN took, with what became of it."""
        shown = requests.get(f"{self.url}/sandbox/requests", timeout=10).json()["requests"]
        return [one for one in shown if one["kind"] == kind]

    def paid_out(self) -> int:
        """What really left, in pounds, by the provider's own statement."""
        totals = requests.get(f"{self.url}/sandbox/statement", timeout=10).json()["totals"]
        return int(float(totals.get("transfer", 0)) + float(totals.get("refund", 0)))

    def collected_elsewhere(self) -> None:
        """What came until now was collected by the provider's other platform."""
        with self.parts.db.transaction() as tx:
            tx.execute(text("ALTER TABLE payment_intent DISABLE TRIGGER USER"))
            tx.execute(PaymentIntent.__table__.update().values(platform="http://the-other-platform"))  # type: ignore[attr-defined]
            tx.execute(text("ALTER TABLE payment_intent ENABLE TRIGGER USER"))
