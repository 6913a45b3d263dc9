"""Dunning: the job that reminds of unpaid invoices and, step by step, slows, suspends and ends what is not paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import insert, text

from core.billing.agreements import held_invoices
from core.billing.cut_off import Concerned, concerned_by, cut_off, lifted_since, services_to_dun
from core.billing.dunning_rule import Decision, Step, decide, fair_due_day, may_cut_off, may_text
from core.billing.holidays import holidays_between
from core.billing.issue import document_number
from core.billing.models import DunningAct
from core.billing.schedules import SCHEDULED, steps_of_schedules
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import Account, account
from core.days import DAY, day_said, juba_day
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.queue_text import queue_text
from core.money import Money
from core.subscriptions.states import By

LOG = log("billing.dun")
CUSTOMERS_A_BATCH: Final = 2000  # looked at by one statement; memory stays flat
TEXT_OF: Final = {"slow": "service_slowed", "suspend": "service_suspended", "terminate": "service_ended"}

_OWING: Final = text(
    """
    SELECT DISTINCT customer_id FROM invoice_due
    WHERE due_minor > 0 AND customer_id > :after ORDER BY customer_id LIMIT :most
    """
)
# A little too many: whether a step is due to the hour, and fair, is the rule's to say. A cut that was done is looked
# at again while its customer has a service on: it may have been given back for an agreement that did not hold.
_WANTED: Final = text(
    f"""
    SELECT DISTINCT d.customer_id FROM {SCHEDULED} JOIN dunning_step p ON p.schedule = n.schedule
    LEFT JOIN dunning_act a ON a.invoice_id = d.invoice_id AND a.step_id = p.id
    WHERE d.customer_id = ANY(:customers) AND d.due_minor > 0 AND d.due_on + p.days <= :today
      AND (p.act = 'remind' OR :cutting)
      AND (a.id IS NULL OR a.outcome = 'done' AND p.act IN ('slow', 'suspend') AND EXISTS (
        SELECT 1 FROM subscription u WHERE u.customer_id = d.customer_id AND u.state = 'active'))
    ORDER BY d.customer_id
    """
)
_OPEN: Final = text(
    f"""
    SELECT d.invoice_id, d.due_minor, d.due_on, i.issued_on, i.issued_at, i.series, i.year, i.number,
           f.subscription_id, n.schedule
    FROM {SCHEDULED} WHERE d.customer_id = :customer AND d.due_minor > 0
    ORDER BY d.due_on, d.invoice_id FOR UPDATE OF d
    """
)
_ACTS: Final = text("SELECT invoice_id, step_id, outcome, at FROM dunning_act WHERE invoice_id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class DunRun:
    """What a run did, counted by invoice. `failed`: customers left as they were; the log says why."""

    reminded: int
    slowed: int
    suspended: int
    terminated: int
    skipped: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for a whole run."""

    now: datetime
    code: str
    steps: Mapping[str, Sequence[Step]]
    holidays: Collection[date]

    @property
    def today(self) -> date:
        """The day in Juba."""
        return juba_day(self.now)

    @property
    def cutting(self) -> bool:
        """Whether this is an hour to cut anybody off."""
        return may_cut_off(self.now, self.holidays)


@dataclass(frozen=True, slots=True)
class _Bill:
    """An open invoice, and the steps taken about it: step -> (outcome, when)."""

    invoice_id: int
    number: str
    due: Money
    due_day: date
    subscription_id: int | None
    schedule: str
    acts: Mapping[int, tuple[str, datetime]]


def dun(db: Database, *, now: datetime, code: str) -> DunRun:
    """Take every step that is due about unpaid invoices. Each customer is a transaction; killed anywhere, it goes on.

    One customer who fails is told of in the log and holds up no other. `code` is what people dial to pay.
    """
    done: Counter[str] = Counter()
    today = juba_day(now)
    with db.reading() as connection:
        holidays = holidays_between(connection, today, today + DAY)
        rules = _Rules(now, code, steps_of_schedules(connection), holidays)
    after: int | None = 0 if may_text(now) else None
    while after is not None:
        with db.reading() as connection:
            owing = connection.execute(_OWING, {"after": after, "most": CUSTOMERS_A_BATCH}).scalars().all()
            values = {"customers": list(owing), "today": today, "cutting": rules.cutting}
            wanted = connection.execute(_WANTED, values).scalars().all()
        for customer_id in wanted:
            done += _one(db, customer_id, rules)
        after = owing[-1] if len(owing) == CUSTOMERS_A_BATCH else None
    return DunRun(done["remind"], done["slow"], done["suspend"], done["terminate"], done["skipped"], done["failed"])


def _one(db: Database, customer_id: int, rules: _Rules) -> Counter[str]:
    try:
        return db.run(partial(_dun_customer, customer_id=customer_id, rules=rules))
    except Exception:
        LOG.exception("customer not dunned", customer=customer_id)
        return Counter(failed=1)


def _dun_customer(tx: Transaction, customer_id: int, rules: _Rules) -> Counter[str]:
    bills = _bills(tx, customer_id)
    customer = account(tx.connection, customer_id)
    overdue = [bill.due for bill in bills if bill.due_day < rules.today]
    owed = sum(overdue, Money(0, HOME_CURRENCY))
    services: list[Concerned] = []
    held: Collection[int] = ()
    if rules.cutting and overdue:  # nothing is cut before; most are only reminded, and that is told from the bills
        services = services_to_dun(tx, customer_id)
        held = held_invoices(tx.connection, customer_id, rules.now)
    done: Counter[str] = Counter()
    for bill in bills:
        concerned = concerned_by(services, bill.subscription_id)
        lifted, given_back = _lifted(bill, concerned, rules)
        for decision in decide(
            rules.steps.get(bill.schedule, ()),
            due_day=bill.due_day,
            done=bill.acts,
            now=rules.now,
            holidays=rules.holidays,
            held=bill.invoice_id in held or customer.balance >= bill.due,  # nobody is cut off for what we hold already
            cut_today=any(one.cut_on == rules.today for one in concerned),
            lifted=lifted,
        ):
            targets = given_back if decision.outcome == "again" else concerned
            outcome = _take(tx, decision, bill, targets, customer, owed, rules)
            if outcome in ("done", "skipped") and decision.outcome != "again":
                _write(tx, bill, decision.step, outcome, rules.now)
            if outcome is not None:
                done[decision.step.act if outcome == "done" else outcome] += 1
    return done


def _take(
    tx: Transaction,
    decision: Decision,
    bill: _Bill,
    targets: Sequence[Concerned],
    customer: Account,
    owed: Money,
    rules: _Rules,
) -> str | None:
    """Take a step: what came of it, or None where it must wait for a service that is on."""
    step = decision.step
    if decision.outcome == "skipped":
        return "skipped"
    if step.act == "remind":
        late = bill.due_day < rules.today
        # A phone that said STOP hears of what is late only.
        sent = _text(tx, "bill_overdue" if late else "bill_due_soon", bill, bill.due, step, customer, rules)
        return "done" if sent else "skipped"
    by = By(rules.now, f"{bill.number} is not paid")
    effects = {cut_off(tx, one, step.act, by) for one in targets}
    if "acted" in effects:
        _text(tx, TEXT_OF[step.act], bill, owed, step, customer, rules, again=decision.outcome == "again")
        return "done"
    if "waits" in effects:
        return None
    return "done" if "already" in effects else "skipped"


def _text(
    tx: Transaction,
    template: str,
    bill: _Bill,
    amount: Money,
    step: Step,
    customer: Account,
    rules: _Rules,
    *,
    again: bool = False,
) -> bool:
    key = f"dun:{bill.invoice_id}:{step.step_id}"
    return queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=template,
        key=f"{key}:{rules.today.isoformat()}" if again else key,
        now=rules.now,
        facts={"invoice": bill.number, "amount": amount, "day": day_said(bill.due_day), "code": rules.code},
    )


def _lifted(bill: _Bill, concerned: Sequence[Concerned], rules: _Rules) -> tuple[Step | None, list[Concerned]]:
    """The last cut done for this invoice and the services at which the system took it back; None where it stands."""
    last: tuple[datetime, Step] | None = None
    for step in rules.steps.get(bill.schedule, ()):
        outcome, at = bill.acts.get(step.step_id, ("", rules.now))
        if step.act != "remind" and outcome == "done" and (last is None or at > last[0]):
            last = (at, step)
    if last is None:
        return None, []
    given_back = [one for one in concerned if lifted_since(one, last[1].act, last[0])]
    return (last[1] if given_back else None), given_back


def _write(tx: Transaction, bill: _Bill, step: Step, outcome: str, now: datetime) -> None:
    tx.execute(insert(DunningAct).values(invoice_id=bill.invoice_id, step_id=step.step_id, at=now, outcome=outcome))


def _bills(tx: Transaction, customer_id: int) -> list[_Bill]:
    """A customer's open invoices, the first due first, locked: money that comes meanwhile waits."""
    rows = tx.execute(_OPEN, {"customer": customer_id}).all()
    acts: dict[int, dict[int, tuple[str, datetime]]] = {row.invoice_id: {} for row in rows}
    for act in tx.execute(_ACTS, {"ids": list(acts)}):
        acts[act.invoice_id][act.step_id] = (act.outcome, act.at)
    return [
        _Bill(
            row.invoice_id,
            document_number(row.series, row.year, row.number),
            Money(row.due_minor, HOME_CURRENCY),
            fair_due_day(row.due_on, row.issued_on, row.issued_at),
            row.subscription_id,
            row.schedule,
            acts[row.invoice_id],
        )
        for row in rows
    ]
