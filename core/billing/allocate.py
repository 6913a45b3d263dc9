"""Settling invoices from a balance: the first due first unless one is named. Once per key, never too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from core.billing.models import InvoiceDue
from core.catalog.taxes import HOME_CURRENCY
from core.customers.queries import account
from core.db.copy import copy_rows
from core.db.engine import Transaction
from core.ledger.accounts import open_accounts
from core.ledger.models import LedgerAccount, LedgerEntry
from core.ledger.post_many import NewEntry, post_many
from core.money import Money

_LOCK_BALANCE: Final = (
    select(LedgerAccount.balance_minor).where(LedgerAccount.id == bindparam("wallet_id")).with_for_update()
)
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


def pay_from_balance(
    tx: Transaction,
    *,
    customer_id: int,
    key: str,
    now: datetime,
    invoice_id: int | None = None,
    most: Money | None = None,
) -> Money:
    """Use a customer's balance, or `most` of it, for their open invoices: a named one first, then the first due.

    What is left over stays on the balance as credit. Returns what was used; the same key again uses nothing.
    """
    nothing = Money(0, HOME_CURRENCY)
    due = open_invoices(tx, customer_id)
    if not due or _used_before(tx, key, due):
        return nothing
    customer = account(tx.connection, customer_id)
    balance = locked_balance(tx, customer.wallet_id)
    left = balance if most is None else min(balance, most)
    due.sort(key=lambda one: one.invoice_id != invoice_id)  # stable: the others keep their order
    parts = []
    for one in due:
        amount = min(one.due, left)
        if amount.minor <= 0:
            break
        parts.append(Part(key, "payment", one.invoice_id, customer.number, f"wallet:{customer.number}", amount))
        left -= amount
    allocate_many(tx, parts, now)
    return sum((part.amount for part in parts), nothing)


def locked_balance(tx: Transaction, wallet_id: int) -> Money:
    """What a customer has, locked: nobody spends it meanwhile."""
    return Money(tx.execute(_LOCK_BALANCE, {"wallet_id": wallet_id}).scalar_one(), HOME_CURRENCY)


def _used_before(tx: Transaction, key: str, due: Sequence[OpenInvoice]) -> bool:
    keys = [_entry_key(key, one.invoice_id) for one in due]
    return tx.execute(select(LedgerEntry.id).where(LedgerEntry.key.in_(keys)).limit(1)).first() is not None
