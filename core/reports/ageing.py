"""Who owes how much, and for how long: from the postings of a day and those before it, not from today's dues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from core.catalog.taxes import HOME_CURRENCY
from core.days import DAY, start_of_day
from core.money import Money

# Days past due, up to and including; the last bucket is everything older.
BUCKET_DAYS: Final = (0, 30, 60, 90)

# The one statement it needs. Every movement of what is owed names its invoice; what an invoice is owed on a day is the
# sum of its movements up to that day. An invoice that was issued later than the day has none yet.
AGEING: Final = text(
    """
    WITH movement AS (
      SELECT (e.memo->>'invoice')::bigint AS invoice_id, sum(p.amount_minor) AS minor
      FROM ledger_account a
      JOIN ledger_posting p ON p.account_id = a.id
      JOIN ledger_entry e ON e.id = p.entry_id
      WHERE a.code LIKE 'receivable:%' AND e.occurred_at < :end_of_day
      GROUP BY 1 HAVING sum(p.amount_minor) <> 0)
    SELECT c.number, c.name,
      -sum(m.minor) FILTER (WHERE CAST(:day AS date) - i.due_on <= 0) AS not_due,
      -sum(m.minor) FILTER (WHERE CAST(:day AS date) - i.due_on BETWEEN 1 AND 30) AS days_30,
      -sum(m.minor) FILTER (WHERE CAST(:day AS date) - i.due_on BETWEEN 31 AND 60) AS days_60,
      -sum(m.minor) FILTER (WHERE CAST(:day AS date) - i.due_on BETWEEN 61 AND 90) AS days_90,
      -sum(m.minor) FILTER (WHERE CAST(:day AS date) - i.due_on > 90) AS older,
      -sum(m.minor) AS owed
    FROM movement m JOIN invoice i ON i.id = m.invoice_id JOIN customer c ON c.id = i.customer_id
    GROUP BY c.id, c.number, c.name
    ORDER BY owed DESC, c.number
    """
)


@dataclass(frozen=True, slots=True)
class Aged:
    """What one customer owes, by how long it has been due: not yet, up to 30, 60, 90 days, longer; and in all."""

    number: str
    name: str
    buckets: tuple[Money, ...]
    owed: Money


def ageing(connection: Connection, day: date) -> Iterator[Aged]:
    """Every customer who owed something at the end of a day in Juba, who owes most first."""
    values = {"day": day, "end_of_day": start_of_day(day + DAY)}
    for row in connection.execute(AGEING, values):
        buckets = tuple(Money(int(minor or 0), HOME_CURRENCY) for minor in row[2:7])
        yield Aged(row.number, row.name, buckets, Money(int(row.owed), HOME_CURRENCY))
