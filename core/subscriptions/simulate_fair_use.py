"""What a rule of fair use would have done last month, to the services that were on a tariff."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.tariffs import TariffTerms
from core.days import DAY, start_of_day
from core.subscriptions.fair_use_rule import slows_after
from core.subscriptions.periods import starts
from core.subscriptions.read_standings import LEFT_GRANTS, bought_since
from core.subscriptions.replay import Hour, Past, Slow, replay
from core.usage.totals import used_by_day, used_by_hour

# A page waits seconds. Who used most is gone through first, so what is left out is the least likely to be slowed.
REPLAYED_MAX: Final = 200
_AT_ONCE: Final = 20  # services whose hours are held in memory: 1,500 each
_ON_TARIFF: Final = text(f"""
    SELECT s.id, s.number, s.anchor_day, s.grant_id, c.number AS customer_number, c.name AS customer_name,
           greatest(min(t.from_day), :first) AS first,
           least(max(coalesce(t.until_day, :until)), :until) AS until, {LEFT_GRANTS}
    FROM subscription s JOIN customer c ON c.id = s.customer_id
    JOIN subscription_term t ON t.subscription_id = s.id AND t.tariff_id = :tariff
      AND t.from_day < :until AND (t.until_day IS NULL OR t.until_day > :first)
    WHERE s.grant_id IS NOT NULL
    GROUP BY s.id, c.id ORDER BY s.id
""")


@dataclass(frozen=True, slots=True)
class Slowed:
    """A service that would have been slow at some time."""

    number: str
    customer_number: str
    customer_name: str
    slow: list[Slow]

    @property
    def hours(self) -> int:
        """How many hours in all."""
        return sum(one.hours for one in self.slow)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of it: how many services were on the tariff, which would have been slow, the longest first.

    `left_out`: how many that might have been slowed were not gone through.
    """

    first: date
    until: date
    services: int
    slowed: list[Slowed]
    left_out: int

    @property
    def customers(self) -> int:
        """How many customers that is."""
        return len({one.customer_number for one in self.slowed})

    @property
    def hours(self) -> int:
        """How many hours of slowness in all."""
        return sum(one.hours for one in self.slowed)


def last_month(today: date) -> tuple[date, date]:
    """The first day of the calendar month before this, and of this."""
    until = today.replace(day=1)
    return (until - DAY).replace(day=1), until


def simulate_fair_use(connection: Connection, terms: TariffTerms, today: date) -> Simulation:
    """Go through last month's usage of everybody who was on the tariff, as if these had been its terms."""
    first, until = last_month(today)
    rows = connection.execute(_ON_TARIFF, {"tariff": terms.tariff_id, "first": first, "until": until}).all()
    candidates = _who_may_be_slowed(connection, terms, rows, first, until)
    slowed = []
    for at in range(0, min(len(candidates), REPLAYED_MAX), _AT_ONCE):
        some = candidates[at : min(at + _AT_ONCE, REPLAYED_MAX)]
        for row, past in _pasts(connection, some):
            slow = replay(terms, past)
            if slow:
                slowed.append(Slowed(row.number, row.customer_number, row.customer_name, slow))
    slowed.sort(key=lambda one: -one.hours)
    return Simulation(first, until, len(rows), slowed, max(0, len(candidates) - REPLAYED_MAX))


def _who_may_be_slowed(
    connection: Connection, terms: TariffTerms, rows: Sequence[Any], first: date, until: date
) -> list[Any]:
    """Those that used as much as anything begins at, who used most first. Nobody else can have been slow."""
    least = min(slows_after(terms).values(), default=None)
    if least is None:
        return []
    earliest = min((_since(row.anchor_day, [row.first]) for row in rows), default=first)
    days = used_by_day(connection, [grant for row in rows for grant in _grants(row)], earliest)
    total = {
        row.id: sum(used for grant in _grants(row) for day, used in days.get(grant, {}).items() if day < until)
        for row in rows
    }
    return sorted((row for row in rows if total[row.id] >= least), key=lambda row: -total[row.id])


def _pasts(connection: Connection, rows: Sequence[Any]) -> list[tuple[Any, Past]]:
    bought = bought_since(
        connection, [row.id for row in rows], min(_since(row.anchor_day, [row.first]) for row in rows)
    )
    since = {row.id: _since(row.anchor_day, [row.first, *(one.day for one in bought.get(row.id, ()))]) for row in rows}
    owner = {grant: row.id for row in rows for grant in _grants(row)}
    used: dict[int, dict[Hour, int]] = {row.id: {} for row in rows}
    span = start_of_day(min(since.values())), start_of_day(max(row.until for row in rows))
    for one in used_by_hour(connection, list(owner), *span):
        of = owner[one.grant_id]
        if one.day >= since[of]:
            hour = (one.day, one.hour)
            used[of][hour] = used[of].get(hour, 0) + one.used_bytes
    return [(row, Past(row.anchor_day, row.first, row.until, used[row.id], bought.get(row.id, ()))) for row in rows]


def _since(anchor_day: int, days: Iterable[date]) -> date:
    """The first day that the periods of these days reach back to."""
    return min(first for day in days for first in starts(day, anchor_day).values())


def _grants(row: Any) -> list[int]:
    return [row.grant_id, *row.left_grants]
