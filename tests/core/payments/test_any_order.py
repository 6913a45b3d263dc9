"""Payments against a small model: whatever comes, in any order, with deaths in between, money is credited once."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from core.clock import FixedClock
from core.customers.queries import account
from core.customers.register import register
from core.errors import PaymentUnknown, PaymentWaiting, TooManyTries
from core.integrity import all_faults
from core.money import Money
from core.parts import Parts
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)
from tests.core.payments.desk import Desk
from tests.town import Town

_customers = itertools.count(1)


class DiedError(BaseException):
    """The power went. No handler may catch it: nothing after it is done."""


class Provider:
    """What MTN knows: by reference, what was asked and what the payer said."""

    def __init__(self) -> None:
        self.asked: dict[UUID, CollectionRequest] = {}
        self.said: dict[UUID, str] = {}
        self.dies = ""  # before, after
        self.silent = False
        self.refuses = False

    def request(self, request: CollectionRequest) -> RequestOutcome:
        if self.dies == "before":
            raise DiedError
        if self.refuses:  # this sending; an earlier one may have been taken
            return RequestOutcome(RequestAnswer.REFUSED, FailureReason.NOT_ALLOWED, "NOT_ALLOWED")
        known = request.reference in self.asked
        self.asked.setdefault(request.reference, request)
        if self.dies == "after":
            raise DiedError
        if self.silent:
            return RequestOutcome(RequestAnswer.UNKNOWN)
        return RequestOutcome(RequestAnswer.ALREADY_KNOWN if known else RequestAnswer.ACCEPTED)

    def status(self, reference: UUID) -> CollectionStatus:
        if self.dies == "before":
            raise DiedError
        if self.silent:
            return CollectionStatus(CollectionState.UNKNOWN)
        asked = self.asked.get(reference)
        if asked is None:
            return CollectionStatus(CollectionState.NOT_FOUND)
        said = self.said.get(reference)
        if said == "yes":
            number = f"{list(self.asked).index(reference)}:{reference}"
            return CollectionStatus(CollectionState.SUCCESSFUL, asked.amount, asked.payer_phone, number)
        if said == "no":
            return CollectionStatus(CollectionState.FAILED, reason=FailureReason.REFUSED_BY_PAYER)
        return CollectionStatus(CollectionState.PENDING)


def test_money_is_credited_exactly_once_in_any_order_of_events(parts: Parts, town: Town, clock: FixedClock) -> None:
    class Payments(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.provider = Provider()
            self.desk = Desk(parts, town, self.provider)
            self.intents: list[int] = []
            number = next(_customers)
            with parts.db.transaction() as tx:
                known = register(
                    tx,
                    phone=f"+21192{number:07d}",
                    language="en",
                    script=None,
                    through="staff",
                    now=clock.now(),
                )
                self.who = account(tx.connection, known.customer_id)

        def one(self, which: int) -> dict[str, Any]:
            return self.desk.intent(self.intents[which % len(self.intents)])

        @rule(pounds=some.integers(100, 400), token=some.booleans())
        def mean_to_pay(self, pounds: int, token: bool) -> None:
            if len(self.intents) < 4:
                body = self.desk.for_token(recipient=self.who.main_phone) if token else None
                with contextlib.suppress(PaymentUnknown, PaymentWaiting, TooManyTries):
                    self.intents.append(self.desk.open(300 if token else pounds, who=self.who, token=body))

        @rule(dies=some.sampled_from(["", "", "before", "after"]), silent=some.booleans(), refuses=some.integers(0, 3))
        def send_requests(self, dies: str, silent: bool, refuses: int) -> None:
            self.provider.dies, self.provider.silent, self.provider.refuses = dies, silent, refuses == 1
            with contextlib.suppress(DiedError):
                self.desk.request()
            self.provider.dies, self.provider.silent, self.provider.refuses = "", False, False

        @precondition(lambda self: self.intents)
        @rule(which=some.integers(0, 3), says=some.sampled_from(["yes", "no"]))
        def the_payer_answers(self, which: int, says: str) -> None:
            reference = self.one(which)["reference"]
            if reference in self.provider.asked:
                self.provider.said.setdefault(reference, says)

        @precondition(lambda self: self.intents)
        @rule(which=some.integers(0, 3), times=some.integers(1, 3))
        def callbacks_come(self, which: int, times: int) -> None:
            for _ in range(times):
                self.desk.hint(self.one(which)["id"])

        @rule(dies=some.sampled_from(["", "", "before", "in the act"]), silent=some.booleans())
        def ask(self, dies: str, silent: bool) -> None:
            self.provider.dies, self.provider.silent = dies, silent
            fulfil = self.desk.fulfil
            if dies == "in the act":
                self.desk.fulfil = dict.fromkeys(fulfil, _die)
            with contextlib.suppress(DiedError):
                self.desk.ask()
            self.desk.fulfil = fulfil
            self.provider.dies, self.provider.silent = "", False

        @rule(seconds=some.sampled_from([1, 6, 61, 600, 4000, 90_000]))
        def time_passes(self, seconds: int) -> None:
            clock.advance(seconds=seconds)

        @invariant()
        def never_more_than_was_paid(self) -> None:
            self.hold(exactly=False)

        def hold(self, *, exactly: bool) -> None:
            if not getattr(self, "intents", None):
                return
            with parts.db.reading() as connection:
                rows = connection.execute(
                    text("""
                        SELECT i.reference, i.amount_minor, i.state, count(r.id) AS receipts
                        FROM payment_intent i LEFT JOIN receipt r ON r.intent_id = i.id
                        WHERE i.customer_id = :who GROUP BY i.id"""),
                    {"who": self.who.customer_id},
                ).all()
                spent = connection.execute(
                    text("SELECT coalesce(sum(price_minor), 0) FROM token WHERE buyer_id = :who"),
                    {"who": self.who.customer_id},
                ).scalar_one()
                balance = account(connection, self.who.customer_id).balance
            credited = 0
            for row in rows:
                approved = self.provider.said.get(row.reference) == "yes"
                assert row.receipts <= (1 if approved else 0)
                assert (row.state == "paid") == bool(row.receipts)
                if exactly:
                    assert bool(row.receipts) == approved
                credited += row.amount_minor * row.receipts
            assert balance == Money(credited - int(spent), "SSP")

        def teardown(self) -> None:
            if not getattr(self, "intents", None):
                return
            clock.advance(hours=2)  # the leases of the dead and the longest wait are over
            self.desk.request()
            for reference in self.provider.asked:
                self.provider.said.setdefault(reference, "no")
            for intent_id in self.intents:  # the provider's own report, or a last callback
                self.desk.hint(intent_id)
            self.desk.ask()
            self.hold(exactly=True)
            with parts.db.reading() as connection:
                assert all_faults(connection, clock.now()) == []

    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _die(*_: object) -> None:
    raise DiedError
