"""Approving a payout: from here on its money is held, and it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select

from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import NotAllowed, NotPossibleNow, PayeeNotActive, SecondPersonNeeded
from core.ledger.models import LedgerAccount
from core.messaging import outbox
from core.money import Money
from core.payouts.hold import amount_of, hold
from core.payouts.states import lock_payout, move
from core.payouts.tell import tell_payout
from core.staff.roles import may

# Makes room on a customer's balance for money to be given back, by undoing what the balance had settled:
# (transaction, customer, how much is missing, key, now). Wired at the edge: payouts do not know invoices.
TakeBack = Callable[[Transaction, int, Money, str, datetime], None]

ASKED_ALL_THE_SAME: Final = timedelta(seconds=30)  # should the worker that sends it die in the act
_LOCK_BALANCE: Final = (
    select(LedgerAccount.balance_minor).where(LedgerAccount.id == bindparam("wallet_id")).with_for_update()
)


def take_nothing_back(_tx: Transaction, _customer_id: int, _missing: Money, _key: str, _now: datetime) -> None:
    """What the balance does not hold is not refunded."""


def approve_payout(
    tx: Transaction,
    *,
    payout_id: int,
    staff_id: int | None,
    role: str | None,
    now: datetime,
    take_back: TakeBack = take_nothing_back,
) -> str:
    """Approve a waiting payout: its money is held, and by MoMo the sending is written down. The new state.

    Within one's limit who asked approves it too, once the payee's name is there to be read; above it a second person
    with the permission. `staff_id` None: the timetable, within its own limit.

    Raises:
        NotFound, NotPossibleNow: none, or not waiting any more; or nobody has asked yet who the payee is.
        SecondPersonNeeded: who asked cannot approve this one.
        NotAllowed: somebody else's, without the permission.
        PayeeNotActive: the payee has no wallet that takes money.
        InsufficientBalance: the source does not hold so much.
    """
    payout = lock_payout(tx, payout_id)
    if payout["state"] != "waiting":
        raise NotPossibleNow(what="payout", state=payout["state"])
    _refuse_wrong_person(payout, staff_id, role)
    by_machine = staff_id is None
    if payout["rail"] == "mtn-momo" and not by_machine and payout["payee_checked_at"] is None:
        raise NotPossibleNow(what="payout", state="name not asked yet")
    if payout["payee_active"] is False:
        raise PayeeNotActive(phone=payout["payee_phone"])
    if payout["kind"] == "refund":
        _make_room(tx, payout, take_back, now)
    by_momo = payout["rail"] == "mtn-momo"
    move(
        tx,
        payout_id=payout_id,
        state="waiting",
        to="approved",
        now=now,
        why={"payee": payout["payee_name"]} if by_momo else {},
        staff_id=staff_id,
        approved_by=staff_id,
        approved_at=now,
        hold_entry_id=hold(tx, payout, now),
        ask_again_at=now + ASKED_ALL_THE_SAME if by_momo else None,
    )
    if by_momo:
        outbox.put(tx, kind="payout.send", key=str(payout["reference"]), body={"payout": payout_id}, now=now)
        tell_payout(tx, payout, "sent", now)
    return "approved"


def _refuse_wrong_person(payout: Mapping[str, Any], staff_id: int | None, role: str | None) -> None:
    if staff_id is None:
        if payout["needs_second"]:
            raise SecondPersonNeeded
        return
    own = payout["asked_by"] == staff_id
    if own and payout["needs_second"]:
        raise SecondPersonNeeded
    if not own and not may(role or "", "payouts.approve"):
        raise NotAllowed(permission="payouts.approve")


def _make_room(tx: Transaction, payout: Mapping[str, Any], take_back: TakeBack, now: datetime) -> None:
    """What the money had settled is undone as far as the balance alone is too small."""
    customer = account(tx.connection, payout["customer_id"])
    balance = Money(tx.execute(_LOCK_BALANCE, {"wallet_id": customer.wallet_id}).scalar_one(), payout["currency"])
    missing = amount_of(payout) - balance
    if missing.minor > 0:
        take_back(tx, payout["customer_id"], missing, f"refund:{payout['reference']}", now)
