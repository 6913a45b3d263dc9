"""Settling invoices from a balance: the first due first unless one is named. Once per key, never too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, text

from core.billing.models import InvoiceDue
from core.catalog.taxes import HOME_CURRENCY
from core.db.copy import copy_rows
from core.db.engine import Transaction
from core.ledger.accounts import open_account, open_accounts
from core.ledger.models import LedgerAccount
from core.ledger.post import Posting, post
from core.ledger.post_many import NewEntry, post_many
from core.money import Money

_LOCK_BALANCE: Final = (
    select(LedgerAccount.balance_minor).where(LedgerAccount.id == bindparam("wallet_id")).with_for_update()
)
# All that a payment needs to know of what is due: locked with the balance, so that payments follow each other.
_READY: Final = text("""
    SELECT d.invoice_id, d.due_minor, c.number, c.wallet_id, w.balance_minor,
           (SELECT id FROM ledger_account
            WHERE code = 'receivable\\:' || c.number || '\\:' || w.currency) AS receivable_id,
           EXISTS (SELECT 1 FROM ledger_entry
                   WHERE key = 'allocation\\:' || :key || '\\:' || d.invoice_id) AS used
    FROM invoice_due d JOIN customer c ON c.id = d.customer_id JOIN ledger_account w ON w.id = c.wallet_id
    WHERE d.customer_id = :customer AND d.due_minor > 0
    ORDER BY d.due_on, d.invoice_id FOR UPDATE OF d, w
""")
_ALLOCATE: Final = text("""
    INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at)
      VALUES (:invoice, 'payment', :amount, :entry, :at)
""")
_ALLOCATION: Final = ("invoice_id", "kind", "amount_minor", "entry_id", "note_id", "reference", "at")


@dataclass(frozen=True, slots=True)
class Part:
    """So much of an invoice, settled from an account (`wallet:10017`, `bad_debt`, …). `key` makes it once."""

    key: str
    kind: str
    invoice_id: int
    customer_number: str
    source: str
    amount: Money
    note_id: int | None = None
    reference: str | None = None


def _entry_key(key: str, invoice_id: int) -> str:
    return f"allocation:{key}:{invoice_id}"


def allocate_many(tx: Transaction, parts: Sequence[Part], now: datetime) -> list[int]:
    """Write parts whose invoices and sources the caller has locked and found to be enough. Their entries, in order."""
    if not parts:
        return []
    codes = {code for part in parts for code in (part.source, f"receivable:{part.customer_number}")}
    accounts = open_accounts(tx, sorted(codes), HOME_CURRENCY)
    entries = [
        NewEntry(
            key=_entry_key(part.key, part.invoice_id),
            kind="allocation",
            occurred_at=now,
            legs=[
                (accounts[part.source], HOME_CURRENCY, -part.amount.minor),
                (accounts[f"receivable:{part.customer_number}"], HOME_CURRENCY, part.amount.minor),
            ],
            memo={"invoice": part.invoice_id},
        )
        for part in parts
    ]
    entry_ids = post_many(tx, entries, now)
    copy_rows(
        tx,
        "allocation",
        _ALLOCATION,
        (
            (part.invoice_id, part.kind, part.amount.minor, entry_id, part.note_id, part.reference, now)
            for part, entry_id in zip(parts, entry_ids, strict=True)
        ),
    )
    return entry_ids


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with something due on it."""

    invoice_id: int
    due: Money


def open_invoices(tx: Transaction, customer_id: int) -> list[OpenInvoice]:
    """A customer's open invoices, the first due first, locked: payments of one customer follow each other."""
    rows = tx.execute(
        select(InvoiceDue.invoice_id, InvoiceDue.due_minor)
        .where(InvoiceDue.customer_id == customer_id, InvoiceDue.due_minor > 0)
        .order_by(InvoiceDue.due_on, InvoiceDue.invoice_id)
        .with_for_update()
    )
    return [OpenInvoice(row.invoice_id, Money(row.due_minor, HOME_CURRENCY)) for row in rows]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was used of a balance, what is still due then, and the balance itself where there was something due."""

    used: Money
    due: Money
    balance: Money | None


def pay_from_balance(
    tx: Transaction,
    *,
    customer_id: int,
    key: str,
    now: datetime,
    invoice_id: int | None = None,
    most: Money | None = None,
) -> Settled:
    """Use a customer's balance, or `most` of it, for their open invoices: a named one first, then the first due.

    What is left over stays on the balance as credit. The same key again uses nothing.
    """
    nothing = Money(0, HOME_CURRENCY)
    due = tx.execute(_READY, {"customer": customer_id, "key": key}).all()
    if not due:
        return Settled(nothing, nothing, None)
    total = Money(sum(one.due_minor for one in due), HOME_CURRENCY)
    balance = left = Money(due[0].balance_minor, HOME_CURRENCY)
    if most is not None:
        left = min(left, most)
    if any(one.used for one in due):
        left = nothing
    used = nothing
    for one in sorted(due, key=lambda one: bool(one.invoice_id != invoice_id)):  # stable: the others keep their order
        amount = min(Money(one.due_minor, HOME_CURRENCY), left - used)
        if amount.minor <= 0:
            break
        if not _settle(tx, one, amount, key, now):
            return Settled(nothing, total, balance)
        used += amount
    return Settled(used, total - used, balance - used)


def _settle(tx: Transaction, one: Row[Any], amount: Money, key: str, now: datetime) -> bool:
    """Settle so much of one invoice, whose rows are locked. False: it was done before, under this key."""
    receivable = one.receivable_id or open_account(tx, f"receivable:{one.number}", HOME_CURRENCY)
    recorded = post(
        tx,
        key=_entry_key(key, one.invoice_id),
        kind="allocation",
        occurred_at=now,
        now=now,
        postings=[Posting(one.wallet_id, receivable, amount)],
        memo={"invoice": one.invoice_id},
        falls_freely=True,  # the balance is locked and seen to be enough
    )
    if recorded.again:
        return False
    tx.execute(_ALLOCATE, {"invoice": one.invoice_id, "amount": amount.minor, "entry": recorded.entry_id, "at": now})
    return True


def locked_balance(tx: Transaction, wallet_id: int) -> Money:
    """What a customer has, locked: nobody spends it meanwhile."""
    return Money(tx.execute(_LOCK_BALANCE, {"wallet_id": wallet_id}).scalar_one(), HOME_CURRENCY)
