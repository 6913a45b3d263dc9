"""What a prepaid customer paid for days they will not have: lines to give back."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from sqlalchemy import text

from core.billing.draft import Line
from core.billing.proration import share_of_days
from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, Period
from core.db.engine import Transaction
from core.money import Money

# The last paid days first, with what reduced them. A cheaper plan was charged on a credit note: there with its sign
# turned, and what it corrects is the invoice to be corrected again.
_PAID: Final = text(
    """
    SELECT coalesce(i.credits_id, i.id) AS invoice_id, l.kind, l.product_class, l.facts, l.from_day, l.next_day,
           CASE i.kind WHEN 'credit_note' THEN -l.amount_minor ELSE l.amount_minor END AS amount_minor
    FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
    WHERE l.subscription_id = :subscription AND l.kind IN ('recurring', 'discount', 'rental', 'change')
      AND l.from_day IS NOT NULL
    ORDER BY l.from_day DESC, i.id DESC, l.position
    """
)


def unused_lines(tx: Transaction, *, subscription_id: int, days: int) -> tuple[int | None, list[Line]]:
    """The last so many days paid for, as lines above zero, and the invoice that billed the last of them.

    Days are given back as they were charged, at the rate and with the discount of their own invoice. A change of
    plan charged its days anew and gave the old ones back, so what it charged comes first and hides what was before.
    """
    lines: list[Line] = []
    invoice_id: int | None = None
    remaining = days
    rows = tx.execute(_PAID, {"subscription": subscription_id}).mappings()
    for (paid_by, first, following), of_days in groupby(
        rows, key=lambda row: (row["invoice_id"], row["from_day"], row["next_day"])
    ):
        whole = Period(first, following)
        taken = min(remaining, whole.days)
        if taken <= 0:
            break
        remaining -= taken
        invoice_id = invoice_id if invoice_id is not None else paid_by
        part = Period(whole.next - taken * DAY, whole.next)
        lines += [_line(row, part, whole, subscription_id) for row in of_days]
    return invoice_id, [line for line in lines if line.amount]


def _line(row: Any, part: Period, whole: Period, subscription_id: int) -> Line:
    amount = share_of_days(Money(row["amount_minor"], HOME_CURRENCY), whole, part)
    facts = {"credited_kind": row["kind"], **row["facts"], "days": part.days, "of": whole.days}
    return Line("unused", row["product_class"], amount, facts, subscription_id, part)
