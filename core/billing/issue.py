"""Issuing documents: numbers without gaps, the books, and rows that never change, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import text

from core.billing.draft import Buyer, Draft, Issuer
from core.billing.tax_rule import ROUNDING_RULE, Totals, assess, held_in
from core.catalog.taxes import HOME_CURRENCY, TaxTerms
from core.days import start_of_day
from core.db.copy import copy_rows, next_ids
from core.db.engine import Transaction
from core.ledger.accounts import open_accounts
from core.ledger.post_many import NewEntry, post_many
from core.money import Money

SERIES: Final[Mapping[str, str]] = {"invoice": "INV", "credit_note": "CN", "debit_note": "DN"}
_TAKE_NUMBERS: Final = text(
    """
    INSERT INTO document_series (series, year, next_number) VALUES (:series, :year, 1 + :count)
    ON CONFLICT (series, year) DO UPDATE SET next_number = document_series.next_number + :count
    RETURNING next_number - :count
    """
)
_INVOICE: Final = (
    "id", "kind", "series", "year", "number", "customer_id", "subscription_id", "credits_id", "issued_on", "due_on",
    "period_from", "period_next", "currency", "net_minor", "tax_minor", "rounding_minor", "total_minor",
    "rounding_rule", "exchange_rate_id", "seller", "buyer", "reason", "line_count", "tax_count", "entry_id", "made_by",
    "issued_at",
)  # fmt: skip
_LINE: Final = (
    "invoice_id", "position", "kind", "subscription_id", "from_day", "next_day", "product_class", "amount_minor",
    "facts",
)  # fmt: skip
_TAX: Final = (
    "invoice_id", "tax_id", "product_class", "name_en", "name_ar", "rate_millionths", "inclusive", "compound",
    "base_minor", "amount_minor", "exemption",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that stands now."""

    invoice_id: int
    entry_id: int
    number: str
    total: Money
    draft: Draft


def document_number(series: str, year: int, number: int) -> str:
    """As it is printed and typed: `INV-2026-000123`."""
    return f"{series}-{year}-{number:06d}"


def totals_of(draft: Draft, rates: Sequence[TaxTerms], issuer: Issuer) -> Totals:
    """What a draft comes to."""
    sums: dict[str, Money] = {}
    for line in draft.lines:
        sums[line.product_class] = sums.get(line.product_class, Money(0, HOME_CURRENCY)) + line.amount
    return assess(sums, rates, draft.exemptions, issuer.step_minor)


def issue(
    tx: Transaction,
    drafts: Sequence[tuple[Draft, Totals]],
    *,
    issuer: Issuer,
    now: datetime,
) -> list[Issued]:
    """Issue documents in their order: numbers, entries, lines and taxes. Every total is above zero.

    The number's row is locked until the caller commits: issuing is one after the other, and a transaction that fails
    gives its numbers back. That is what "gapless" costs.
    """
    if not drafts:
        return []
    numbers = _numbers(tx, [draft for draft, _totals in drafts])
    ids = next_ids(tx, "invoice", len(drafts))
    entries = post_many(tx, _entries(tx, drafts, ids), now)
    copy_rows(
        tx,
        "invoice",
        _INVOICE,
        (
            _invoice_row(draft, totals, invoice_id, number, entry_id, issuer, now)
            for (draft, totals), invoice_id, number, entry_id in zip(drafts, ids, numbers, entries, strict=True)
        ),
    )
    copy_rows(
        tx,
        "invoice_line",
        _LINE,
        (
            row
            for (draft, _totals), invoice_id in zip(drafts, ids, strict=True)
            for row in _line_rows(draft, invoice_id)
        ),
    )
    copy_rows(
        tx,
        "invoice_tax",
        _TAX,
        (
            row
            for (_draft, totals), invoice_id in zip(drafts, ids, strict=True)
            for row in _tax_rows(totals, invoice_id)
        ),
    )
    return [
        Issued(
            invoice_id, entry_id, document_number(SERIES[draft.kind], draft.issued_on.year, number), totals.total, draft
        )
        for (draft, totals), invoice_id, entry_id, number in zip(drafts, ids, entries, numbers, strict=True)
    ]


def _numbers(tx: Transaction, drafts: Sequence[Draft]) -> list[int]:
    counts: dict[tuple[str, int], int] = {}
    for draft in drafts:
        key = (SERIES[draft.kind], draft.issued_on.year)
        counts[key] = counts.get(key, 0) + 1
    following = {
        key: tx.execute(_TAKE_NUMBERS, {"series": key[0], "year": key[1], "count": count}).scalar_one()
        for key, count in sorted(counts.items())
    }
    numbers = []
    for draft in drafts:
        key = (SERIES[draft.kind], draft.issued_on.year)
        numbers.append(following[key])
        following[key] += 1
    return numbers


def _entries(tx: Transaction, drafts: Sequence[tuple[Draft, Totals]], ids: Sequence[int]) -> list[NewEntry]:
    movements = [_movements(draft, totals) for draft, totals in drafts]
    codes = {code for moved in movements for code in moved}
    accounts = open_accounts(tx, sorted(codes), HOME_CURRENCY)
    occurred: dict[date, datetime] = {}
    return [
        NewEntry(
            key=f"{draft.kind}:{draft.key}",
            kind=draft.kind,
            occurred_at=occurred.setdefault(draft.issued_on, start_of_day(draft.issued_on)),
            legs=[(accounts[code], HOME_CURRENCY, minor) for code, minor in sorted(moved.items()) if minor],
            # Which invoice a movement of what is owed belongs to: ageing reads it.
            # A debit note is owed for itself, whatever it corrects.
            memo={
                "invoice": (draft.credits_id if draft.kind == "credit_note" else None) or invoice_id,
                "document": invoice_id,
            },
        )
        for (draft, _totals), moved, invoice_id in zip(drafts, movements, ids, strict=True)
    ]


def _movements(draft: Draft, totals: Totals) -> dict[str, int]:
    """What each account receives, in piasters. What a credit note moves is the mirror of an invoice."""
    sign = -1 if draft.kind == "credit_note" else 1
    moved: dict[str, int] = {f"receivable:{draft.buyer.number}": -sign * totals.total.minor}
    for line in draft.lines:
        code = f"deposit:{draft.buyer.number}" if line.account == "deposit" else str(line.account)
        moved[code] = moved.get(code, 0) + sign * line.amount.minor
    for tax in totals.taxes:
        code = f"tax:{tax.terms.code}"
        moved[code] = moved.get(code, 0) + sign * tax.payable.minor
    for code, minor in _inclusive_by_account(draft, totals).items():
        moved[code] -= sign * minor
    moved["rounding"] = sign * totals.rounding.minor
    return moved


def _inclusive_by_account(draft: Draft, totals: Totals) -> dict[str, int]:
    """Tax that prices held, taken out of the sales they stand in, paid or not.

    Each account gives what its own lines hold, by their sum and sign; the largest sum also what rounding leaves.
    """
    taken: dict[str, int] = {}
    for product_class in sorted({tax.terms.product_class for tax in totals.taxes if tax.terms.inclusive}):
        of_class = [tax for tax in totals.taxes if tax.terms.product_class == product_class]
        terms = [tax.terms for tax in of_class]
        exempt = {tax.terms.tax_id for tax in of_class if tax.exemption is not None}
        sums: dict[str, Money] = {}
        for line in draft.lines:
            if line.product_class == product_class:
                code = str(line.account)
                sums[code] = sums.get(code, Money(0, HOME_CURRENCY)) + line.amount
        parts = {code: held_in(amount, terms, exempt).minor for code, amount in sums.items()}
        held = sum(tax.amount.minor for tax in of_class if tax.terms.inclusive)
        parts[max(sums, key=lambda code: abs(sums[code].minor))] += held - sum(parts.values())
        for code, part in parts.items():
            taken[code] = taken.get(code, 0) + part
    return taken


def _invoice_row(
    draft: Draft, totals: Totals, invoice_id: int, number: int, entry_id: int, issuer: Issuer, now: datetime
) -> tuple[Any, ...]:
    return (
        invoice_id, draft.kind, SERIES[draft.kind], draft.issued_on.year, number, draft.buyer.customer_id,
        draft.subscription_id, draft.credits_id, draft.issued_on, draft.due_on,
        draft.period.first if draft.period else None, draft.period.next if draft.period else None,
        HOME_CURRENCY, totals.net.minor, totals.tax.minor, totals.rounding.minor, totals.total.minor,
        f"{ROUNDING_RULE}_{issuer.step_minor}", _rate_of(draft),
        {"name": issuer.name, "tin": issuer.tin, "address": issuer.address}, _buyer(draft.buyer), draft.reason,
        len(draft.lines), len(totals.taxes), entry_id, draft.made_by, now,
    )  # fmt: skip


def _buyer(buyer: Buyer) -> dict[str, Any]:
    return {"number": buyer.number, "name": buyer.name, "tin": buyer.tin, "address": buyer.address}


def _rate_of(draft: Draft) -> int | None:
    """The exchange rate it was made with: of what it bills now, else of fees turned into pounds before."""
    if draft.exchange_rate_id is not None:
        return draft.exchange_rate_id
    return next((line.facts["rate_id"] for line in draft.lines if "rate_id" in line.facts), None)


def _line_rows(draft: Draft, invoice_id: int) -> list[tuple[Any, ...]]:
    return [
        (
            invoice_id, position, line.kind, line.subscription_id, line.days.first if line.days else None,
            line.days.next if line.days else None, line.product_class, line.amount.minor, dict(line.facts),
        )
        for position, line in enumerate(draft.lines, 1)
    ]  # fmt: skip


def _tax_rows(totals: Totals, invoice_id: int) -> list[tuple[Any, ...]]:
    return [
        (
            invoice_id, tax.terms.tax_id, tax.terms.product_class, tax.terms.name_en, tax.terms.name_ar,
            tax.terms.rate_millionths, tax.terms.inclusive, tax.terms.compound, tax.base.minor, tax.amount.minor,
            tax.exemption,
        )
        for tax in totals.taxes
    ]  # fmt: skip
