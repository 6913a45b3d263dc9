"""Correcting an issued invoice: by a credit note that takes off, never by changing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from core.billing.draft import Draft, Issuer, Line
from core.billing.issue import Issued, issue, totals_of
from core.billing.models import Allocation, InvoiceDue, InvoiceLine, InvoiceTax
from core.billing.queries import InvoiceRow, buyer, creditable, invoice
from core.billing.run import terms_of
from core.billing.tax_rule import TaxAmount, Totals
from core.catalog.models import Tax
from core.catalog.taxes import HOME_CURRENCY, TaxTerms
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

    What is due on it falls first; what had been paid already goes back to the customer's balance.

    Raises:
        CreditTooLarge: more than is left of it to be credited.
        NotPossibleNow: credit notes are not credited.
        ReasonMissing: no reason.
    """
    if not reason.strip():
        raise ReasonMissing
    tx.execute(select(InvoiceDue.invoice_id).where(InvoiceDue.invoice_id == invoice_id).with_for_update())
    row = invoice(tx.connection, invoice_id)
    if row.kind == "credit_note":
        raise NotPossibleNow(what="document", state=row.kind)
    most = creditable(tx.connection, row)
    wanted = most if amount is None else amount
    if not 0 < wanted.minor <= most.minor:
        raise CreditTooLarge(most=most)
    draft, totals = _mirror(tx, row, wanted, reason, issuer, now, key, made_by)
    (note,) = issue(tx, [(draft, totals)], issuer=issuer, now=now)
    _settle(tx, row, note, now)
    return note


def credit_lines(
    tx: Transaction,
    *,
    key: str,
    invoice_id: int,
    lines: Sequence[Line],
    reason: str,
    issuer: Issuer,
    now: datetime,
    made_by: int | None = None,
) -> Issued | None:
    """Take lines (amounts above zero) off an invoice, with the taxes of today: what was paid for and not used.

    Never more than is left of the invoice to be credited. None: it comes to nothing.
    """
    tx.execute(select(InvoiceDue.invoice_id).where(InvoiceDue.invoice_id == invoice_id).with_for_update())
    row = invoice(tx.connection, invoice_id)
    terms = terms_of(tx.connection, juba_day(now), issuer)
    draft = _draft(tx, row, tuple(lines), reason, terms.issue_day, key, made_by)
    totals = totals_of(draft, terms.rates, issuer)
    most = creditable(tx.connection, row)
    if totals.total.minor <= 0 or most.minor <= 0:
        return None
    if totals.total > most:
        return credit_invoice(
            tx, key=key, invoice_id=invoice_id, amount=most, reason=reason, issuer=issuer, now=now, made_by=made_by
        )
    (note,) = issue(tx, [(draft, totals)], issuer=issuer, now=now)
    _settle(tx, row, note, now)
    return note


def _mirror(
    tx: Transaction,
    row: InvoiceRow,
    wanted: Money,
    reason: str,
    issuer: Issuer,
    now: datetime,
    key: str,
    made_by: int | None,
) -> tuple[Draft, Totals]:
    """The same lines and taxes in proportion, so that they come to the amount exactly."""
    lines = (
        tx.execute(select(InvoiceLine).where(InvoiceLine.invoice_id == row.invoice_id).order_by(InvoiceLine.position))
        .mappings()
        .all()
    )
    taxes = (
        tx.execute(
            select(InvoiceTax, Tax.code)
            .join(Tax, Tax.id == InvoiceTax.tax_id)
            .where(InvoiceTax.invoice_id == row.invoice_id)
            .order_by(InvoiceTax.id)
        )
        .mappings()
        .all()
    )

    def share(minor: int) -> Money:
        return Money(minor, HOME_CURRENCY).share_half_even(wanted.minor, row.total.minor)

    drafted = [
        Line(
            "credit",
            line["product_class"],
            share(line["amount_minor"]),
            line["facts"] | {"credited_kind": line["facts"].get("credited_kind", line["kind"])},
            line["subscription_id"],
        )
        for line in lines
    ]
    assessed = tuple(_tax(tax, share(tax["base_minor"]), share(tax["amount_minor"])) for tax in taxes)
    held = sum((tax.amount.minor for tax in assessed if tax.terms.inclusive), 0)
    net = Money(sum(line.amount.minor for line in drafted) - held, HOME_CURRENCY)
    tax = sum((one.payable for one in assessed), Money(0, HOME_CURRENCY))
    totals = Totals(net, tax, wanted - net - tax, wanted, assessed)
    issue_day = terms_of(tx.connection, juba_day(now), issuer).issue_day
    return _draft(tx, row, tuple(drafted), reason, issue_day, key, made_by), totals


def _tax(tax: Any, base: Money, amount: Money) -> TaxAmount:
    terms = TaxTerms(
        tax["tax_id"],
        tax["code"],
        tax["name_en"],
        tax["name_ar"],
        tax["product_class"],
        tax["rate_millionths"],
        tax["inclusive"],
        tax["compound"],
    )
    return TaxAmount(terms, base, amount, tax["exemption"])


def _draft(
    tx: Transaction,
    row: InvoiceRow,
    lines: tuple[Line, ...],
    reason: str,
    issue_day: date,
    key: str,
    made_by: int | None,
) -> Draft:
    return Draft(
        key=key,
        kind="credit_note",
        buyer=buyer(tx.connection, row.customer_id),
        lines=lines,
        issued_on=issue_day,
        due_on=issue_day,
        subscription_id=row.subscription_id,
        credits_id=row.invoice_id,
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
