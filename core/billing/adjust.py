"""Money moved by a decision: asked for with a reason, done at once within a limit, else decided by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.billing.adjustments import left_alone
from core.billing.carry_out_adjustment import carry_out
from core.billing.charge_next import NEXT, refuse_unless_billed
from core.billing.draft import Issuer
from core.billing.limits import ADJUSTMENT_MOST, KINDS
from core.billing.models import Adjustment
from core.db.engine import Transaction
from core.errors import (
    AmountOutOfRange,
    KeyReused,
    NotFound,
    NotPossibleNow,
    ReasonMissing,
    SecondPersonNeeded,
)
from core.money import Money

REASON_CHARS_MAX = 200
ONE_POUND = Money.of(1, "SSP")
# What one person does alone is counted one after another: two at once would both find room for the whole.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("who", type_=String), 0)))


@dataclass(frozen=True, slots=True)
class Asked:
    """An adjustment: done, or waiting for a second person. `again`: the same form had been sent before."""

    adjustment_id: int
    state: str
    again: bool


def ask_adjustment(
    tx: Transaction,
    *,
    request_key: str,
    kind: str,
    customer_id: int,
    invoice_id: int | None,
    amount: Money,
    reason: str,
    staff_id: int,
    role: str,
    issuer: Issuer,
    now: datetime,
    subscription_id: int | None = None,
    product_class: str | None = None,
) -> Asked:
    """Ask for an adjustment. Within what the role may do alone in a day it is done in this transaction.

    Kinds: `goodwill` (to the balance), `charge` (an invoice), `credit_note`, `debit_note`, `write_off` (of a named
    invoice), `withholding` (from a named invoice, against the certificate whose number the reason is), `refund` (from
    the balance, in cash), `deposit_return` (to the balance); `next_charge` and `next_discount` (on the next bill, of
    any service or of the named one, as something of the named class of product).

    Raises:
        ReasonMissing: no reason.
        AmountOutOfRange: less than a pound, or more than anybody moves.
        KeyReused: the same form with other contents.
        and what `carry_out` raises; nothing was done then.
    """
    if kind not in KINDS:
        raise NotPossibleNow(what="adjustment", state=kind)
    if not reason.strip():
        raise ReasonMissing
    if not ONE_POUND <= amount <= ADJUSTMENT_MOST:
        raise AmountOutOfRange(least=ONE_POUND, most=ADJUSTMENT_MOST)
    if kind in NEXT:
        refuse_unless_billed(
            tx.connection, now, customer_id=customer_id, subscription_id=subscription_id, product_class=product_class
        )
    tx.execute(_WAIT_OUR_TURN, {"who": f"adjusts {kind}: {staff_id}"})
    needs_second = amount > left_alone(tx.connection, staff_id=staff_id, role=role, kind=kind, now=now)
    values: dict[str, Any] = {
        "request_key": request_key,
        "kind": kind,
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "subscription_id": subscription_id,
        "product_class": product_class,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "reason": reason.strip()[:REASON_CHARS_MAX],
        "state": "waiting",
        "asked_by": staff_id,
        "asked_at": now,
        "needs_second": needs_second,
    }
    adjustment_id = tx.execute(
        upsert(Adjustment)
        .values(values)
        .on_conflict_do_nothing(index_elements=[Adjustment.request_key])
        .returning(Adjustment.id)
    ).scalar()
    if adjustment_id is None:
        return _again(tx, request_key, values)
    if needs_second:
        return Asked(adjustment_id, "waiting", again=False)
    _decide(tx, adjustment_id, "done", staff_id, issuer, now)
    return Asked(adjustment_id, "done", again=False)


def decide_adjustment(
    tx: Transaction, *, adjustment_id: int, approve: bool, staff_id: int, issuer: Issuer, now: datetime
) -> str:
    """Approve a waiting adjustment, which is then done, or refuse it. The new state.

    Raises:
        NotFound, NotPossibleNow: none, or decided already.
        SecondPersonNeeded: who asked cannot approve. They may take it back, which refuses it.
        and what `carry_out` raises; it then waits on.
    """
    row = tx.execute(
        select(Adjustment.state, Adjustment.asked_by).where(Adjustment.id == adjustment_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound(what="adjustment")
    if row.state != "waiting":
        raise NotPossibleNow(what="adjustment", state=row.state)
    if approve and row.asked_by == staff_id:
        raise SecondPersonNeeded
    state = "done" if approve else "refused"
    _decide(tx, adjustment_id, state, staff_id, issuer, now)
    return state


def _decide(tx: Transaction, adjustment_id: int, state: str, staff_id: int, issuer: Issuer, now: datetime) -> None:
    entry_id = None
    if state == "done":
        row = tx.execute(select(Adjustment).where(Adjustment.id == adjustment_id)).mappings().one()
        entry_id = carry_out(tx, row, staff_id=staff_id, issuer=issuer, now=now)
    tx.execute(
        update(Adjustment)
        .where(Adjustment.id == adjustment_id)
        .values(state=state, decided_by=staff_id, decided_at=now, entry_id=entry_id)
    )


def _again(tx: Transaction, request_key: str, values: dict[str, Any]) -> Asked:
    first = tx.execute(select(Adjustment).where(Adjustment.request_key == request_key)).mappings().one()
    same = ("kind", "customer_id", "invoice_id", "subscription_id", "product_class", "amount_minor", "currency")
    if any(first[name] != values[name] for name in same):
        raise KeyReused(key=request_key)
    return Asked(first["id"], first["state"], again=True)
