"""What a credit note takes off, in the proportion it was billed: lines and taxes of an issued invoice, made smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import select, text

from core.billing.allocate import locked_balance
from core.billing.draft import Line
from core.billing.models import InvoiceLine, InvoiceTax
from core.billing.queries import InvoiceRow, buyer
from core.billing.tax_rule import TaxAmount, Totals
from core.catalog.models import Tax
from core.catalog.taxes import HOME_CURRENCY, TaxTerms
from core.db.engine import Transaction
from core.ledger.accounts import open_account
from core.money import Money

NOTHING: Final = Money(0, HOME_CURRENCY)
# A deposit billed on an invoice, less what notes took off.
_DEPOSIT: Final = text("""
    SELECT coalesce(sum(CASE i.kind WHEN 'credit_note' THEN -l.amount_minor ELSE l.amount_minor END), 0)
    FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
    WHERE (i.id = :invoice OR i.credits_id = :invoice AND i.kind = 'credit_note')
      AND coalesce(l.facts ->> 'credited_kind', l.kind) = 'deposit'
""")


# What notes took off the price of an invoice, in their order; a deposit on it is no price.
_NOTES: Final = text("""
    SELECT n.total_minor - coalesce(sum(l.amount_minor) FILTER (WHERE l.facts ->> 'credited_kind' = 'deposit'), 0)
             AS off_minor,
           bool_or(l.kind = 'unused') AS unused
    FROM invoice n JOIN invoice_line l ON l.invoice_id = n.id
    WHERE n.credits_id = :invoice AND n.kind = 'credit_note' GROUP BY n.id, n.total_minor ORDER BY n.id
""")
_BILLED_DEPOSIT: Final = text("""
    SELECT coalesce(sum(amount_minor), 0) FROM invoice_line WHERE invoice_id = :invoice AND kind = 'deposit'
""")


@dataclass(frozen=True, slots=True)
class OwnTaxes:
    """The taxes of an issued document: the rates it was assessed by, and whom it was exempt from, with the proof."""

    rates: tuple[TaxTerms, ...]
    exemptions: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Deposit:
    """Of the deposit on an invoice: so much may still be credited, and so much is gone, returned already."""

    left: Money
    gone: Money


def taxes_of(tx: Transaction, invoice_id: int) -> OwnTaxes:
    """The taxes a document was issued with, in their order."""
    taxes = _taxes(tx, invoice_id)
    return OwnTaxes(
        tuple(tax.terms for tax in taxes),
        {tax.terms.tax_id: tax.exemption for tax in taxes if tax.exemption is not None},
    )


def deposit_of(tx: Transaction, row: InvoiceRow) -> Deposit:
    """How the deposit billed on an invoice stands."""
    billed = int(tx.execute(_DEPOSIT, {"invoice": row.invoice_id}).scalar_one())
    if not billed:
        return Deposit(NOTHING, NOTHING)
    number = buyer(tx.connection, row.customer_id).number
    held = locked_balance(tx, open_account(tx, f"deposit:{number}", HOME_CURRENCY))
    left = max(0, min(billed, held.minor))
    return Deposit(Money(left, HOME_CURRENCY), Money(billed - left, HOME_CURRENCY))


def left_of_price(tx: Transaction, row: InvoiceRow) -> Fraction:
    """The part of an invoice's prices that still holds: each note took its share of what was left of all of them.

    A note for unused days lowers the price of no other day.
    """
    left = row.total.minor - int(tx.execute(_BILLED_DEPOSIT, {"invoice": row.invoice_id}).scalar_one())
    part = Fraction(1)
    for note in tx.execute(_NOTES, {"invoice": row.invoice_id}):
        if not note.unused and left > 0:
            part *= Fraction(max(0, left - int(note.off_minor)), left)
        left -= int(note.off_minor)
    return part


def mirror(
    tx: Transaction, row: InvoiceRow, wanted: Money, most: Money, deposit: Deposit
) -> tuple[tuple[Line, ...], Totals]:
    """The lines and taxes of an invoice in proportion, so that they come to the amount exactly.

    A deposit takes its part of what is left of it; the rest is shared as it was billed.
    """
    rows = tx.execute(
        select(InvoiceLine).where(InvoiceLine.invoice_id == row.invoice_id).order_by(InvoiceLine.position)
    ).mappings()
    lines = [_credited(line) for line in rows]
    deposits = [line for line in lines if line.account == "deposit"]
    others = [line for line in lines if line.account != "deposit"]
    of_deposit = min(wanted, deposit.left.share_half_even(wanted.minor, most.minor)) if others else wanted
    billed = sum((line.amount for line in deposits), NOTHING)
    smaller, totals = in_proportion(others, _taxes(tx, row.invoice_id), row.total - billed, wanted - of_deposit)
    if not of_deposit:
        return smaller, totals
    parts = of_deposit.split([line.amount.minor for line in deposits])
    held = tuple(_of(line, part) for line, part in zip(deposits, parts, strict=True) if part)
    return (*smaller, *held), Totals(
        totals.net + of_deposit, totals.tax, totals.rounding, totals.total + of_deposit, totals.taxes
    )


def in_proportion(
    lines: Sequence[Line], taxes: Sequence[TaxAmount], total: Money, wanted: Money
) -> tuple[tuple[Line, ...], Totals]:
    """Lines and taxes of a total made smaller, so that they come to what is wanted. Rounding takes the rest."""
    if not total:
        return (), Totals(NOTHING, NOTHING, NOTHING, NOTHING, ())

    def share(amount: Money) -> Money:
        return amount.share_half_even(wanted.minor, total.minor)

    smaller = tuple(_of(line, share(line.amount)) for line in lines)
    assessed = tuple(TaxAmount(tax.terms, share(tax.base), share(tax.amount), tax.exemption) for tax in taxes)
    held = sum((tax.amount for tax in assessed if tax.terms.inclusive), NOTHING)
    net = sum((line.amount for line in smaller), NOTHING) - held
    tax = sum((one.payable for one in assessed), NOTHING)
    return smaller, Totals(net, tax, wanted - net - tax, wanted, assessed)


def sums_of(lines: Sequence[Line]) -> dict[str, Money]:
    """What lines come to, by class of product."""
    sums: dict[str, Money] = {}
    for line in lines:
        sums[line.product_class] = sums.get(line.product_class, NOTHING) + line.amount
    return sums


def _credited(line: Any) -> Line:
    facts = line["facts"] | {"credited_kind": line["facts"].get("credited_kind", line["kind"])}
    amount = Money(line["amount_minor"], HOME_CURRENCY)
    return Line("credit", line["product_class"], amount, facts, line["subscription_id"])


def _of(line: Line, amount: Money) -> Line:
    return Line(line.kind, line.product_class, amount, line.facts, line.subscription_id, line.days)


def _taxes(tx: Transaction, invoice_id: int) -> list[TaxAmount]:
    rows = tx.execute(
        select(InvoiceTax, Tax.code)
        .join(Tax, Tax.id == InvoiceTax.tax_id)
        .where(InvoiceTax.invoice_id == invoice_id)
        .order_by(InvoiceTax.id)
    ).mappings()
    return [_tax(row) for row in rows]


def _tax(row: Any) -> TaxAmount:
    terms = TaxTerms(
        row["tax_id"],
        row["code"],
        row["name_en"],
        row["name_ar"],
        row["product_class"],
        row["rate_millionths"],
        row["inclusive"],
        row["compound"],
    )
    return TaxAmount(
        terms, Money(row["base_minor"], HOME_CURRENCY), Money(row["amount_minor"], HOME_CURRENCY), row["exemption"]
    )
