"""Providers, customers and staff at random, with lost answers, repeats, disorder and deaths: the money in the world is
what the books say, after every step."""

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

from core.billing.take_back import take_back
from core.cash.ask_void import ask_void
from core.cash.decide_void import decide_void
from core.cash.take_cash import take_cash
from core.clock import FixedClock
from core.customers.queries import Account, account
from core.customers.register import register
from core.errors import Refusal
from core.integrity import all_faults
from core.messaging.relay import relay
from core.money import Money
from core.parts import Parts
from core.payments.collector import (
    CollectionState,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)
from core.payments.disburser import DisbursementStatus, RefundRequest, TransferRequest
from core.payouts.approve_payout import approve_payout
from core.payouts.ask_payout import ask_payout, by_momo
from core.payouts.ask_payout_status import ask_payout_status, claim_due_payout
from core.payouts.ask_refund import ask_refund
from core.payouts.hint_payout import hint_payout
from core.payouts.name_payee import name_payee
from core.payouts.send_payout import send_payout
from tests.core.payments.desk import Desk
from tests.core.payments.test_any_order import DiedError, Provider
from tests.core.statements.bank import Bank, csv_of, row, ssp
from tests.town import Town

_customers = itertools.count(1)
PLATFORM = "https://mtn.example"
_BOOKS = """
    SELECT split_part(a.code, ':', 1) || ':' || split_part(a.code, ':', 2), -sum(p.amount_minor)
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    WHERE a.code ~ '^(momo|cash|bank|transit):' GROUP BY 1
"""


class Purse(Provider):
    """MTN as it pays out too: what it has of ours is what it collected, less what it sent."""

    platform = PLATFORM

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[UUID, Money] = {}
        self.refused: set[UUID] = set()

    def transfer(self, request: TransferRequest | RefundRequest) -> RequestOutcome:
        if self.dies == "before":
            raise DiedError
        if self.refuses and request.reference not in self.sent:
            self.refused.add(request.reference)
            return RequestOutcome(RequestAnswer.REFUSED, FailureReason.NOT_ALLOWED, "NOT_ALLOWED")
        known = request.reference in self.sent
        if request.reference not in self.refused:
            self.sent.setdefault(request.reference, request.amount)
        if self.dies == "after":
            raise DiedError
        if self.silent:
            return RequestOutcome(RequestAnswer.UNKNOWN)
        return RequestOutcome(RequestAnswer.ALREADY_KNOWN if known else RequestAnswer.ACCEPTED)

    refund = transfer

    def status(self, reference: UUID, *asked: Any) -> Any:
        if not asked:
            return super().status(reference)
        if self.dies == "before":
            raise DiedError
        if self.silent:
            return DisbursementStatus(CollectionState.UNKNOWN)
        if reference in self.sent:
            number = f"out:{reference}"
            return DisbursementStatus(CollectionState.SUCCESSFUL, self.sent[reference], provider_reference=number)
        return DisbursementStatus(CollectionState.NOT_FOUND)

    def holder_active(self, _phone: str) -> bool:
        return True

    def holder_name(self, _phone: str) -> str:
        return "Achol Deng"

    @property
    def has_minor(self) -> int:
        came = sum(self.asked[reference].amount.minor for reference, said in self.said.items() if said == "yes")
        return came - sum(amount.minor for amount in self.sent.values())


def test_the_money_in_the_world_is_what_the_books_say(parts: Parts, town: Town, clock: FixedClock) -> None:
    bank = Bank(parts, town, clock).opens()

    class World(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.began = self.books()
            self.mtn = Purse()
            self.desk = Desk(parts, town, self.mtn, PLATFORM)
            self.who: list[Account] = []
            self.intents: list[int] = []
            self.payouts: list[int] = []
            self.lines: list[str] = []
            self.notes_minor = 0
            self.receipts: list[str] = []
            for _ in range(2):
                with parts.db.transaction() as tx:
                    known = register(
                        tx,
                        phone=f"+21192{next(_customers):07d}",
                        language="en",
                        script=None,
                        through="staff",
                        now=clock.now(),
                    )
                    self.who.append(account(tx.connection, known.customer_id))

        def books(self) -> dict[str, int]:
            with parts.db.reading() as connection:
                return {str(code): int(minor) for code, minor in connection.execute(text(_BOOKS))}

        def done(self, work: Any) -> Any:
            """Somebody tries; a refusal changes nothing, and nor does a death in the middle."""
            with contextlib.suppress(Refusal, DiedError):
                return parts.db.run(work)
            return None

        @rule(who=some.integers(0, 1), pounds=some.integers(100, 900))
        def a_customer_pays_by_momo(self, who: int, pounds: int) -> None:
            if len(self.intents) < 5:
                with contextlib.suppress(Refusal):
                    self.intents.append(self.desk.open(pounds, who=self.who[who]))

        @rule(dies=some.sampled_from(["", "", "before", "after"]), silent=some.booleans(), refuses=some.booleans())
        def the_worker_sends(self, dies: str, silent: bool, refuses: bool) -> None:
            self.mtn.dies, self.mtn.silent, self.mtn.refuses = dies, silent, refuses and silent
            for act in (self.desk.request, self.send_payouts):
                with contextlib.suppress(DiedError):
                    act()
            self.mtn.dies, self.mtn.silent, self.mtn.refuses = "", False, False

        def send_payouts(self) -> None:
            handlers = {
                "payout.name": lambda one: name_payee(one, db=parts.db, disburser=self.mtn, clock=clock),
                "payout.send": lambda one: send_payout(
                    one, db=parts.db, disburser=self.mtn, clock=clock, callback_url="http://127.0.0.1:1/c"
                ),
            }
            for kind in handlers:
                relay(parts.db, kind=kind, handlers=handlers, clock=clock)  # type: ignore[arg-type]

        @precondition(lambda self: self.intents)
        @rule(which=some.integers(0, 9), says=some.sampled_from(["yes", "yes", "no"]))
        def a_payer_answers(self, which: int, says: str) -> None:
            reference = self.desk.intent(self.intents[which % len(self.intents)])["reference"]
            if reference in self.mtn.asked:
                self.mtn.said.setdefault(reference, says)

        @rule(dies=some.sampled_from(["", "", "before", "in the act"]), silent=some.booleans())
        def the_worker_asks(self, dies: str, silent: bool) -> None:
            self.mtn.dies, self.mtn.silent = dies, silent
            fulfil = self.desk.fulfil
            if dies == "in the act":
                self.desk.fulfil = dict.fromkeys(fulfil, _die)
            for act in (self.desk.ask, self.ask_payouts):
                with contextlib.suppress(DiedError):
                    act()
            self.desk.fulfil, self.mtn.dies, self.mtn.silent = fulfil, "", False

        def ask_payouts(self) -> None:
            while (payout := claim_due_payout(parts.db, clock.now())) is not None:
                ask_payout_status(payout, db=parts.db, disburser=self.mtn, clock=clock)  # type: ignore[arg-type]

        @rule(who=some.integers(0, 1), pounds=some.integers(1, 2_000), staff=some.sampled_from(["mary", "gatluak"]))
        def somebody_pays_cash(self, who: int, pounds: int, staff: str) -> None:
            taken = self.done(
                lambda tx: take_cash(
                    tx,
                    request_key=str(parts.ids.new_uuid()),
                    customer_id=self.who[who].customer_id,
                    amount=ssp(pounds),
                    staff_id=town.staff[staff],
                    now=clock.now(),
                )
            )
            if taken is not None:
                self.notes_minor += pounds * 100
                self.receipts.append(taken.receipt_number)

        @precondition(lambda self: self.receipts)
        @rule(which=some.integers(0, 9), dies=some.booleans())
        def a_receipt_is_taken_back(self, which: int, dies: bool) -> None:
            number = self.receipts[which % len(self.receipts)]

            def work(tx: Any) -> int:
                asked = ask_void(
                    tx, receipt_number=number, reason="a slip", staff_id=town.staff["gatluak"], now=clock.now()
                )
                decide_void(
                    tx,
                    void_id=asked.void_id,
                    approve=True,
                    staff_id=town.staff["mary"],
                    role="manager",
                    now=clock.now(),
                    take_back=take_back,
                )
                if dies:
                    raise DiedError
                query = text("SELECT amount_minor FROM receipt WHERE number = :number")
                return int(tx.execute(query, {"number": number}).scalar_one())

            self.notes_minor -= self.done(work) or 0

        @rule(who=some.integers(0, 1), pounds=some.integers(10, 5_000), names=some.booleans())
        def a_transfer_reaches_the_bank(self, who: int, pounds: int, names: bool) -> None:
            details = f"SB{self.who[who].number}" if names else "for internet"
            self.lines.append(row(pounds, details, ref=f"{next(_customers)}"))

        @precondition(lambda self: self.lines)
        @rule(first=some.integers(0, 9), times=some.integers(1, 2))
        def the_statement_is_read_in(self, first: int, times: int) -> None:
            """From any line on, over and over."""
            for _ in range(times):
                bank.imports(csv_of(*self.lines[first % len(self.lines) :]))

        @rule(
            who=some.integers(0, 1), pounds=some.integers(1, 800), which=some.integers(0, 9), approved=some.booleans()
        )
        def money_is_sent_back(self, who: int, pounds: int, which: int, approved: bool) -> None:
            staff = {"staff_id": town.staff["mary"], "role": "manager", "now": clock.now(), "ids": parts.ids}
            key = str(parts.ids.new_uuid())
            with parts.db.reading() as connection:
                query = "SELECT number FROM receipt WHERE provider = 'mtn-momo' AND customer_id = ANY(:who)"
                mine = [one.customer_id for one in self.who]
                numbers = connection.execute(text(query), {"who": mine}).scalars().all()

            def ask(tx: Any) -> Any:
                if numbers and which % 2:
                    return ask_refund(
                        tx,
                        request_key=key,
                        receipt_number=numbers[which % len(numbers)],
                        amount=ssp(pounds),
                        reason="asked for",
                        platform=PLATFORM,
                        **staff,
                    )
                return ask_payout(
                    tx,
                    request_key=key,
                    way=by_momo(PLATFORM, self.who[who].main_phone),
                    customer_id=self.who[who].customer_id,
                    source=f"wallet:{self.who[who].number}",
                    amount=ssp(pounds),
                    reason="asked for",
                    **staff,
                )

            asked = self.done(ask)
            if asked is not None:
                self.payouts.append(asked.payout_id)
                self.send_payouts()
                if approved:
                    self.mary_approves(-1)

        @precondition(lambda self: self.payouts)
        @rule(which=some.integers(0, 9))
        def mary_approves_later(self, which: int) -> None:
            self.mary_approves(which)

        def mary_approves(self, which: int) -> None:
            payout = self.payouts[which % len(self.payouts)]
            self.done(
                lambda tx: approve_payout(
                    tx, payout_id=payout, staff_id=town.staff["mary"], role="manager", now=clock.now()
                )
            )

        @rule(times=some.integers(1, 3))
        def callbacks_come(self, times: int) -> None:
            for _ in range(times):
                for intent in self.intents:
                    self.desk.hint(intent)
                for reference in self.mtn.sent:
                    parts.db.run(lambda tx, reference=reference: hint_payout(tx, reference, clock.now()))  # type: ignore[misc]

        @rule(seconds=some.sampled_from([1, 6, 61, 600, 4000, 90_000]))
        def time_passes(self, seconds: int) -> None:
            clock.advance(seconds=seconds)

        @invariant()
        def the_books_are_the_world(self) -> None:
            if not hasattr(self, "mtn"):
                return
            now = self.books()
            moved = {code: now.get(code, 0) - self.began.get(code, 0) for code in {*now, *self.began}}
            with parts.db.reading() as connection:
                ours = text("SELECT reference, state FROM payment_intent UNION ALL SELECT reference, state FROM payout")
                states = {one.reference: one.state for one in connection.execute(ours)}
                read = connection.execute(
                    text("SELECT coalesce(sum(amount_minor), 0) FROM statement_line")
                ).scalar_one()
            unseen = sum(
                self.mtn.asked[reference].amount.minor
                for reference, said in self.mtn.said.items()
                if said == "yes" and states[reference] != "paid"
            ) - sum(amount.minor for reference, amount in self.mtn.sent.items() if states[reference] != "paid")
            assert moved.get("momo:mtn", 0) == self.mtn.has_minor - unseen
            notes = sum(minor for code, minor in moved.items() if code.startswith("cash:"))
            assert notes == self.notes_minor
            assert now.get("bank:eco", 0) == int(read)

        def teardown(self) -> None:
            if not hasattr(self, "mtn"):
                return
            clock.advance(hours=2)  # the leases of the dead and the longest waits are over
            for reference in self.mtn.asked:
                self.mtn.said.setdefault(reference, "no")
            for _ in range(3):
                self.desk.request()
                self.send_payouts()
                self.callbacks_come(1)
                clock.advance(hours=1)
                self.desk.ask()
                self.ask_payouts()
            if self.lines:
                bank.imports(csv_of(*self.lines))
            self.the_books_are_the_world()
            assert self.books().get("momo:mtn", 0) - self.began.get("momo:mtn", 0) == self.mtn.has_minor
            with parts.db.reading() as connection:
                assert all_faults(connection, clock.now()) == []

    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _die(*_: object) -> None:
    raise DiedError
