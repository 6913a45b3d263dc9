"""Undoing what a payment settled: its money goes back from there, and the invoice is due again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text

from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money

KIND: Final = "taken_back"
# The last paid first. What was taken back of a part before is not there to be taken again.
_SETTLED: Final = text("""
    SELECT a.id, a.invoice_id, c.number, c.wallet_id, a.amount_minor + coalesce(t.minor, 0) AS left_minor
    FROM allocation a JOIN invoice_due d ON d.invoice_id = a.invoice_id JOIN customer c ON c.id = d.customer_id
    LEFT JOIN LATERAL (SELECT sum(amount_minor)::bigint AS minor FROM allocation WHERE undoes_id = a.id) t ON true
    WHERE d.customer_id = :customer AND a.kind = 'payment' AND a.amount_minor + coalesce(t.minor, 0) > 0
    ORDER BY a.id DESC
""")
# All their documents: money that comes meanwhile waits, and then finds what is due again.
_LOCK: Final = text("""
    SELECT invoice_id FROM invoice_due WHERE customer_id = :customer ORDER BY due_on, invoice_id FOR UPDATE
""")
_UNDO: Final = text("""
    INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at, undoes_id)
      VALUES (:invoice, 'taken_back', -:minor, :entry, :at, :undoes)
""")


def take_back(tx: Transaction, customer_id: int, amount: Money, key: str, now: datetime) -> None:
    """Undo what a customer's payments settled last, up to an amount, which is on the balance then.

    It may be less than asked for: what was spent on anything but invoices is gone. Whoever asks looks at the balance.
    Services stay on until the next run of dunning finds what is due again. The same key again takes back no more.
    """
    tx.execute(_LOCK, {"customer": customer_id}).all()
    left = amount.minor
    for one in tx.execute(_SETTLED, {"customer": customer_id}).all():
        part = min(left, one.left_minor)
        if part <= 0:
            break
        recorded = post(
            tx,
            key=f"taken_back:{key}:{one.id}",
            kind=KIND,
            occurred_at=now,
            now=now,
            postings=[
                Posting(
                    open_account(tx, f"receivable:{one.number}", HOME_CURRENCY),
                    one.wallet_id,
                    Money(part, HOME_CURRENCY),
                )
            ],
            memo={"invoice": one.invoice_id, "allocation": one.id},
            falls_freely=True,  # what is owed has no floor
        )
        if not recorded.again:
            tx.execute(
                _UNDO,
                {
                    "invoice": one.invoice_id,
                    "minor": part,
                    "entry": recorded.entry_id,
                    "at": now,
                    "undoes": one.id,
                },
            )
        left -= part
