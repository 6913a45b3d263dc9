"""What a prepaid customer paid for days they will not have: lines to give back, by the document that billed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
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
# Days given for nothing have no document; they are given back for nothing, and before days that were paid earlier.
_HAD: Final = text(
    """
    SELECT i.id AS invoice_id, i.id AS newest, i.issued_at AS at, l.position, l.kind, l.product_class, l.facts,
           l.amount_minor, l.from_day, l.next_day,
           coalesce((SELECT min(u.from_day) FROM invoice n JOIN invoice_line u ON u.invoice_id = n.id
                     WHERE n.credits_id = i.id AND n.kind = 'credit_note' AND u.kind = 'unused'
                       AND u.subscription_id = l.subscription_id
                       AND u.from_day >= l.from_day AND u.next_day <= l.next_day), l.next_day) AS left_until,
           coalesce(r.room_minor, 0) AS room_minor, coalesce(r.reduced_minor, 0) AS reduced_minor, r.why
    FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
    LEFT JOIN LATERAL (SELECT sum(amount_minor) FILTER (WHERE kind <> 'reduction')::bigint AS room_minor,
                              -sum(amount_minor) FILTER (WHERE kind = 'reduction')::bigint AS reduced_minor,
                              string_agg(facts ->> 'text', ', ' ORDER BY position)
                                FILTER (WHERE kind = 'reduction') AS why
                       FROM invoice_line WHERE invoice_id = i.id AND product_class = l.product_class) r ON true
    WHERE l.subscription_id = :subscription AND l.kind IN ('recurring', 'discount', 'rental', 'change')
      AND i.kind = 'invoice' AND l.from_day IS NOT NULL
    UNION ALL
    SELECT NULL, f.id, f.at, 0, 'free', '', '{}', 0, f.from_day, f.next_day, f.left_until, 0, 0, NULL
    FROM free_days f WHERE f.subscription_id = :subscription
    ORDER BY from_day DESC, at DESC, newest DESC, next_day DESC, position
    """
)
_GIVE: Final = text(
    """
    INSERT INTO free_days (subscription_id, from_day, next_day, left_until, at)
    SELECT fresh.id, fresh.first, fresh.next, fresh.next, :now
    FROM unnest(CAST(:ids AS bigint[]), CAST(:firsts AS date[]), CAST(:nexts AS date[])) AS fresh (id, first, next)
    """
)
_GIVE_BACK: Final = text("UPDATE free_days SET left_until = :until WHERE id = :free")


@dataclass(frozen=True, slots=True)
class Unused:
    """Days of one document that are given back, as lines above zero (a discount, below)."""

    invoice_id: int
    lines: tuple[Line, ...]


def give_for_nothing(tx: Transaction, days: list[tuple[int, Period]], now: datetime) -> None:
    """Note days of services (by id) that a bill came to nothing for: they are had, and no document says so."""
    if days:
        tx.execute(
            _GIVE,
            {
                "ids": [service_id for service_id, _ in days],
                "firsts": [span.first for _, span in days],
                "nexts": [span.next for _, span in days],
                "now": now,
            },
        )


def take_unused(tx: Transaction, *, subscription_id: int, days: int) -> list[Unused]:
    """Take the last so many days had and not given back yet, the newest first. What they were billed, by document.

    Days are given back as they were charged: at the price, the rate and with the discounts of their own document. Of a
    discount by hand each line says what was its part (`off_minor`), and why.
    Those that were free are taken for nothing here and now; for the others the caller writes the notes.
    """
    found: dict[int, list[Line]] = {}
    remaining = days
    rows = tx.execute(_HAD, {"subscription": subscription_id}).mappings()
    for (paid_by, newest, first, following, until), of_days in groupby(rows, key=_span):
        taken = min(remaining, (until - first).days)
        if taken <= 0:
            continue
        remaining -= taken
        if paid_by is None:
            tx.execute(_GIVE_BACK, {"until": until - taken * DAY, "free": newest})
        else:
            whole, part = Period(first, following), Period(until - taken * DAY, until)
            found.setdefault(paid_by, []).extend(_line(row, part, whole, subscription_id) for row in of_days)
        if not remaining:
            break
    lines = ((paid_by, tuple(line for line in of if line.amount)) for paid_by, of in found.items())
    return [Unused(paid_by, of) for paid_by, of in lines if of]


def _span(row: Any) -> tuple[int | None, int, date, date, date]:
    return row["invoice_id"], row["newest"], row["from_day"], row["next_day"], row["left_until"]


def _line(row: Any, part: Period, whole: Period, subscription_id: int) -> Line:
    price = Money(row["amount_minor"], HOME_CURRENCY)
    facts = {"credited_kind": row["kind"], **row["facts"], "days": part.days, "of": whole.days}
    if row["reduced_minor"]:  # what staff took off the bill was taken off each of its days
        off = price.share_half_even(row["reduced_minor"], row["room_minor"])
        price -= off
        facts |= {"off_minor": share_of_days(off, whole, part).minor, "off_why": row["why"]}
    return Line("unused", row["product_class"], share_of_days(price, whole, part), facts, subscription_id, part)
