"""By which rate a new one is measured, so that a slip of the pen is seen: what was known before this sitting.

Rows that were written today measure each other only where nothing older does, and then all by the day that was written
first: however many are entered in one sitting, they lead no further from what was known than one of them may.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import text

from core.catalog.taxes import HOME_CURRENCY, RATE_AGE_MAX
from core.days import DAY, juba_day, start_of_day
from core.db.engine import Transaction

_DAYS: Final = """
    SELECT r.rate_millionths FROM exchange_rate r
    JOIN (SELECT day, max(id) AS last_id, min(id) FILTER (WHERE made_at >= :today) AS today_id FROM exchange_rate
          WHERE currency = :currency AND "into" = :home AND day > :after AND day < :before GROUP BY day) d
      ON r.id = d.last_id
"""
# The nearest day of which nothing was written today; else the day that was written first today.
_BEFORE: Final = text(f"{_DAYS} ORDER BY d.today_id NULLS FIRST, d.day DESC LIMIT 1")
_AFTER: Final = text(f"{_DAYS} ORDER BY d.today_id NULLS FIRST, d.day LIMIT 1")
_FIRST_OF_DAY: Final = text("""
    SELECT r.rate_millionths,
           EXISTS (SELECT 1 FROM invoice i JOIN exchange_rate u ON u.id = i.exchange_rate_id
                   WHERE u.currency = :currency AND u."into" = :home AND u.day = :day) AS used
    FROM exchange_rate r WHERE r.currency = :currency AND r."into" = :home AND r.day = :day ORDER BY r.id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate that is known, in millionths. Where it does not bind it is only told to who wrote nonsense."""

    millionths: int
    binds: bool = True


def measure_of(tx: Transaction, *, day: date, currency: str, now: datetime) -> Measure | None:
    """What one of a day is measured by; None: nothing says what it could be.

    A day before it. Where there is none, a correction is measured by the first row of its day once a document was
    made with a rate of that day, and by nothing until then; a rate written late, by a day soon after.
    """
    whose = {"currency": currency, "home": HOME_CURRENCY}
    today = {"today": start_of_day(juba_day(now))}
    known = tx.execute(_BEFORE, whose | today | {"after": date.min, "before": day}).scalar()
    if known is None:
        first = tx.execute(_FIRST_OF_DAY, whose | {"day": day}).first()
        if first is not None:
            return Measure(first.rate_millionths, binds=first.used)
        known = tx.execute(_AFTER, whose | today | {"after": day, "before": day + RATE_AGE_MAX + DAY}).scalar()
    return None if known is None else Measure(known)
