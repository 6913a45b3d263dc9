"""What a prepaid customer paid for days they will not have: lines to give back, by the document that billed them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import text

from core.billing.draft import Line
from core.billing.proration import share_of_days
from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, Period
from core.db.engine import Transaction
from core.money import Money

# The newest days first. Of each span billed the end was given back before: from that day on nothing is left of it.
_PAID: Final = text(
    """
    SELECT i.id AS invoice_id, l.kind, l.product_class, l.facts, l.from_day, l.next_day, l.amount_minor,
           coalesce((SELECT min(u.from_day) FROM invoice n JOIN invoice_line u ON u.invoice_id = n.id
                     WHERE n.credits_id = i.id AND n.kind = 'credit_note' AND u.kind = 'unused'
                       AND u.subscription_id = l.subscription_id
                       AND u.from_day >= l.from_day AND u.next_day <= l.next_day), l.next_day) AS left_until
    FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
    WHERE l.subscription_id = :subscription AND l.kind IN ('recurring', 'discount', 'rental', 'change')
      AND i.kind = 'invoice' AND l.from_day IS NOT NULL
    ORDER BY i.id DESC, l.from_day DESC, l.next_day DESC, l.position
    """
)


@dataclass(frozen=True, slots=True)
class Unused:
    """Days of one document that are given back, as lines above zero (a discount, below)."""

    invoice_id: int
    lines: tuple[Line, ...]


def unused_days(tx: Transaction, *, subscription_id: int, days: int) -> list[Unused]:
    """The last so many days paid for and not given back yet, the newest document first.

    Days are given back as they were charged: at the price, the rate and with the discount of their own document.
    """
    found: dict[int, list[Line]] = {}
    remaining = days
    rows = tx.execute(_PAID, {"subscription": subscription_id}).mappings()
    for (paid_by, first, following, until), of_days in groupby(
        rows, key=lambda row: (row["invoice_id"], row["from_day"], row["next_day"], row["left_until"])
    ):
        taken = min(remaining, (until - first).days)
        if taken <= 0:
            continue
        remaining -= taken
        whole, part = Period(first, following), Period(until - taken * DAY, until)
        found.setdefault(paid_by, []).extend(_line(row, part, whole, subscription_id) for row in of_days)
        if not remaining:
            break
    lines = ((paid_by, tuple(line for line in of if line.amount)) for paid_by, of in found.items())
    return [Unused(paid_by, of) for paid_by, of in lines if of]


def _line(row: Any, part: Period, whole: Period, subscription_id: int) -> Line:
    amount = share_of_days(Money(row["amount_minor"], HOME_CURRENCY), whole, part)
    facts = {"credited_kind": row["kind"], **row["facts"], "days": part.days, "of": whole.days}
    return Line("unused", row["product_class"], amount, facts, subscription_id, part)
