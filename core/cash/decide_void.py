"""Deciding on a receipt that is to be taken back: by another person than who asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, text, update

from core.cash.ask_void import refuse_refunded
from core.cash.drawers import Drawer, lock_drawers
from core.cash.models import ReceiptVoid
from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import MoneySpent, NotAllowed, NotFound, NotPossibleNow, SecondPersonNeeded
from core.ledger.models import LedgerAccount
from core.ledger.reverse import reverse
from core.messaging.queue_text import queue_text
from core.money import Money
from core.staff.roles import may

# Undoes what a customer's money settled: (transaction, customer, how much is missing on the balance, key, now).
# Wired at the edge: cash does not know invoices.
TakeBack = Callable[[Transaction, int, Money, str, datetime], None]

_VOID: Final = text("""
    SELECT v.state, v.asked_by, v.reason, v.receipt_id, r.number, r.customer_id, r.entry_id, r.amount_minor, r.currency
    FROM receipt_void v JOIN receipt r ON r.id = v.receipt_id WHERE v.id = :void FOR UPDATE OF v
""")
# By the entry: receipts from before there were drawers lie in the counter's.
_DRAWER: Final = text("""
    SELECT d.id FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    JOIN cash_drawer d ON a.code = 'cash\\:' || d.code || '\\:' || a.currency WHERE p.entry_id = :entry
""")
_LOCK_BALANCE: Final = (
    select(LedgerAccount.balance_minor).where(LedgerAccount.id == bindparam("wallet")).with_for_update()
)


def decide_void(
    tx: Transaction, *, void_id: int, approve: bool, staff_id: int, role: str, take_back: TakeBack, now: datetime
) -> str:
    """Take a receipt back, or refuse to. The new state; the customer is texted when their receipt is no good any more.

    The notes are given back out of the drawer that the receipt lies in, dated now. What the money had settled is due
    again. Who asked may withdraw it, which refuses it.

    Raises:
        NotFound, NotPossibleNow: none, or decided already; or its money is being refunded.
        NotAllowed: without the permission, and not one's own to withdraw.
        SecondPersonNeeded: who asked cannot approve.
        DrawerShort: the notes are somewhere else by now; they are handed back into the drawer first.
        MoneySpent: a part of the money was spent on what cannot be taken back.
    """
    void = tx.execute(_VOID, {"void": void_id}).first()
    if void is None:
        raise NotFound(what="void")
    if void.state != "waiting":
        raise NotPossibleNow(what="void", state=void.state)
    own = void.asked_by == staff_id
    if approve and own:
        raise SecondPersonNeeded
    if not own and not may(role, "cash.manage"):
        raise NotAllowed(permission="cash.manage")
    entry_id = _undo(tx, void, void_id, take_back, now) if approve else None
    state = "done" if approve else "refused"
    tx.execute(
        update(ReceiptVoid)
        .where(ReceiptVoid.id == void_id)
        .values(state=state, decided_by=staff_id, decided_at=now, entry_id=entry_id)
    )
    if approve:
        _tell(tx, void, now)
    return state


def _undo(tx: Transaction, void: Row[Any], void_id: int, take_back: TakeBack, now: datetime) -> int:
    refuse_refunded(tx, void.receipt_id)
    amount = Money(void.amount_minor, void.currency)
    _drawer(tx, void).give(amount)
    _make_room(tx, void, amount, f"void:{void_id}", take_back, now)
    return reverse(tx, entry_id=void.entry_id, now=now, reason=void.reason).entry_id


def _drawer(tx: Transaction, void: Row[Any]) -> Drawer:
    (drawer,) = lock_drawers(tx, tx.execute(_DRAWER, {"entry": void.entry_id}).scalar_one())
    return drawer


def _make_room(tx: Transaction, void: Row[Any], amount: Money, key: str, take_back: TakeBack, now: datetime) -> None:
    """See that the balance holds the money, taking back what it settled where it does not.

    Raises:
        MoneySpent: it does not even then.
    """
    wallet_id = account(tx.connection, void.customer_id).wallet_id
    missing = amount - _locked_balance(tx, wallet_id, amount.currency)
    if missing.minor > 0:
        take_back(tx, void.customer_id, missing, key, now)
        missing = amount - _locked_balance(tx, wallet_id, amount.currency)
        if missing.minor > 0:
            raise MoneySpent(missing=missing)


def _locked_balance(tx: Transaction, wallet_id: int, currency: str) -> Money:
    return Money(tx.execute(_LOCK_BALANCE, {"wallet": wallet_id}).scalar_one(), currency)


def _tell(tx: Transaction, void: Row[Any], now: datetime) -> None:
    customer = account(tx.connection, void.customer_id)
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="cash_taken_back",
        key=f"void:{void.number}",
        now=now,
        facts={
            "amount": Money(void.amount_minor, void.currency),
            "receipt": void.number,
            "balance": customer.balance,
        },
    )
