"""Correcting an issued invoice: by a credit note that takes off, never by changing it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from core.billing.draft import Draft, Issuer, Line
from core.billing.issue import Issued, issue
from core.billing.mirror import deposit_of, in_proportion, left_of_price, mirror, sums_of, taxes_of
from core.billing.models import Allocation, InvoiceDue
from core.billing.queries import InvoiceRow, buyer, creditable, invoice
from core.billing.run import terms_of
from core.billing.tax_rule import assess
from core.billing.unused import take_unused
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import CreditTooLarge, NotPossibleNow, ReasonMissing
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money


def credit_invoice(
    tx: Transaction,
    *,
    key: str,
    invoice_id: int,
    amount: Money | None,
    reason: str,
    issuer: Issuer,
    now: datetime,
    made_by: int | None = None,
) -> Issued:
    """Take an amount (None: all that is left of it) off an invoice, tax and net in the proportion it was billed.

    What is due on it falls first; what had been paid already goes back to the customer's balance. A deposit on it
    that was returned already is not credited once more.

    Raises:
        CreditTooLarge: more than is left of it to be credited.
        NotPossibleNow: credit notes are not credited.
        ReasonMissing: no reason.
    """
    if not reason.strip():
        raise ReasonMissing
    row = _locked(tx, invoice_id)
    if row.kind == "credit_note":
        raise NotPossibleNow(what="document", state=row.kind)
    deposit = deposit_of(tx, row)
    most = creditable(tx.connection, row) - deposit.gone
    wanted = most if amount is None else amount
    if not 0 < wanted.minor <= most.minor:
        raise CreditTooLarge(most=most)
    lines, totals = mirror(tx, row, wanted, most, deposit)
    draft = _draft(tx, row, lines, reason, issuer, now, key, made_by)
    (note,) = issue(tx, [(draft, totals)], issuer=issuer, now=now)
    _settle(tx, row, note, now)
    return note


def credit_unused(
    tx: Transaction,
    *,
    key: str,
    subscription_id: int,
    days: int,
    reason: str,
    issuer: Issuer,
    now: datetime,
    made_by: int | None = None,
) -> list[Issued]:
    """Give the last so many days of a service back that were paid for: a note to each document that billed them.

    At the prices and taxes of these documents, less what was credited on them for another reason, in proportion: who
    was given a third off a month is given two thirds of its price back for days unused. Never more than is left of one.
    """
    notes = []
    for unused in take_unused(tx, subscription_id=subscription_id, days=days):
        row = _locked(tx, unused.invoice_id)
        taxed = taxes_of(tx, row.invoice_id)
        totals = assess(sums_of(unused.lines), taxed.rates, taxed.exemptions, issuer.step_minor)
        deposit = deposit_of(tx, row)  # it goes back by itself, held or returned already: it is no price of days
        worth = totals.total.share_half_even(*left_of_price(tx, row).as_integer_ratio())
        lines, most = unused.lines, creditable(tx.connection, row) - deposit.left - deposit.gone
        if totals.total > min(worth, most):
            lines, totals = in_proportion(lines, totals.taxes, totals.total, min(worth, most))
        if totals.total.minor <= 0:
            continue
        draft = _draft(tx, row, lines, reason, issuer, now, f"{key}:{row.invoice_id}", made_by)
        (note,) = issue(tx, [(draft, totals)], issuer=issuer, now=now)
        _settle(tx, row, note, now)
        notes.append(note)
    return notes


def _locked(tx: Transaction, invoice_id: int) -> InvoiceRow:
    tx.execute(select(InvoiceDue.invoice_id).where(InvoiceDue.invoice_id == invoice_id).with_for_update())
    return invoice(tx.connection, invoice_id)


def _draft(
    tx: Transaction,
    row: InvoiceRow,
    lines: tuple[Line, ...],
    reason: str,
    issuer: Issuer,
    now: datetime,
    key: str,
    made_by: int | None,
) -> Draft:
    issue_day = terms_of(tx.connection, juba_day(now), issuer).issue_day
    return Draft(
        key=key,
        kind="credit_note",
        buyer=buyer(tx.connection, row.customer_id),
        lines=lines,
        issued_on=issue_day,
        due_on=issue_day,
        subscription_id=row.subscription_id,
        credits_id=row.invoice_id,
        exchange_rate_id=row.exchange_rate_id,
        reason=reason.strip(),
        made_by=made_by,
    )


def _settle(tx: Transaction, row: InvoiceRow, note: Issued, now: datetime) -> None:
    """The note lowers what is due; what had been paid already moves to the balance."""
    part = min(row.due, note.total)
    if part.minor:
        tx.execute(
            insert(Allocation).values(
                invoice_id=row.invoice_id,
                kind="credit_note",
                amount_minor=part.minor,
                entry_id=note.entry_id,
                note_id=note.invoice_id,
                at=now,
            )
        )
    rest = note.total - part
    if rest.minor:
        who = buyer(tx.connection, row.customer_id)
        owes = open_account(tx, f"receivable:{who.number}", HOME_CURRENCY)
        post(
            tx,
            key=f"credit_to_balance:{note.invoice_id}",
            kind="credit_to_balance",
            occurred_at=now,
            now=now,
            postings=[Posting(owes, who.wallet_id, rest)],
            memo={"invoice": row.invoice_id, "document": note.invoice_id},
        )
