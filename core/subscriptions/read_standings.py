"""Reading where services stand with their data: usage, purchases and tariffs of many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from core.catalog.tariffs import TariffBook, TariffTerms, tariff_book
from core.clock import JUBA
from core.days import juba_day, start_of_day
from core.subscriptions.bought_data import Bought, count
from core.subscriptions.fair_use_rule import Standing, slows_after, standing
from core.subscriptions.periods import starts
from core.usage.totals import used_by_day, used_by_hour

# What was used with a grant the service has left is its own as well.
LEFT_GRANTS: Final = """array(SELECT (m.detail ->> 'left_grant')::bigint FROM subscription_move m
                 WHERE m.subscription_id = s.id AND m.detail ->> 'left_grant' IS NOT NULL) AS left_grants"""
# What was given back, all of its invoice credited, serves nothing any more, nor did it ever.
_BOUGHT: Final = text("""
    SELECT b.subscription_id, b.data_bytes, b.day, b.until_day, b.after_bytes
    FROM bought_data b JOIN invoice i ON i.id = b.invoice_id
    WHERE b.subscription_id = ANY(:ids) AND b.until_day > :since AND i.total_minor > (
      SELECT coalesce(sum(n.total_minor), 0) FROM invoice n WHERE n.credits_id = i.id AND n.kind = 'credit_note')
    ORDER BY b.id
""")
# Services under the tariff of a day. What has no term on it has not begun, or is off.
COLUMNS: Final = f"""s.id, s.anchor_day, s.grant_id, s.held_down_kbps, s.held_up_kbps, t.tariff_id, {LEFT_GRANTS}
    FROM subscription s
    JOIN subscription_term t ON t.subscription_id = s.id AND t.from_day <= :today
      AND (t.until_day IS NULL OR t.until_day > :today)"""
_ONE: Final = text(f"SELECT {COLUMNS} WHERE s.id = :id AND s.grant_id IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Stands:
    """Where a service stands, under which terms."""

    terms: TariffTerms
    standing: Standing


def standings(connection: Connection, rows: Sequence[Any], book: TariffBook, now: datetime) -> dict[int, Stands]:
    """Subscription -> where it stands. `rows` have id, anchor_day, grant_id, left_grants, tariff_id."""
    today, hour = juba_day(now), now.astimezone(JUBA).hour
    terms = {row.id: of for row in rows if (of := book.version(row.tariff_id, today)) is not None}
    rows = [row for row in rows if row.id in terms]
    since = min((first for row in rows for first in starts(today, row.anchor_day).values()), default=today)
    bought = bought_since(connection, [row.id for row in rows], since)
    days = _days(connection, rows, terms, bought, today)
    found = {}
    for row in rows:
        of = terms[row.id]
        counted = count(days[row.id], bought.get(row.id, ()), slows_after(of), today=today, anchor_day=row.anchor_day)
        found[row.id] = Stands(of, standing(of, counted, _by_period(days[row.id], row.anchor_day, today), hour))
    return found


def stands_now(connection: Connection, subscription_id: int, now: datetime) -> Stands | None:
    """Where one service stands. None: it has not begun, or has no days today."""
    rows = connection.execute(_ONE, {"id": subscription_id, "today": juba_day(now)}).all()
    return standings(connection, rows, tariff_book(connection), now).get(subscription_id) if rows else None


def bought_since(connection: Connection, subscription_ids: Sequence[int], since: date) -> dict[int, list[Bought]]:
    """What was bought and was good on a day or later."""
    found: dict[int, list[Bought]] = {}
    for one in connection.execute(_BOUGHT, {"ids": list(subscription_ids), "since": since}):
        found.setdefault(one.subscription_id, []).append(
            Bought(one.data_bytes, one.day, one.until_day, one.after_bytes)
        )
    return found


def _days(
    connection: Connection,
    rows: Sequence[Any],
    terms: Mapping[int, TariffTerms],
    bought: Mapping[int, Sequence[Bought]],
    today: date,
) -> dict[int, dict[date, int]]:
    """Subscription -> day -> bytes without those of free hours, from as far back as counting needs."""
    firsts = {row.id: _first(row.anchor_day, [today, *(one.day for one in bought.get(row.id, ()))]) for row in rows}
    grants = {row.id: [row.grant_id, *row.left_grants] for row in rows}
    since = min(firsts.values(), default=today)
    by_grant = used_by_day(connection, [one for of_one in grants.values() for one in of_one], since)
    free = {grant: _free_hours(terms[id_]) for id_, of_one in grants.items() for grant in of_one}
    with_free = [grant for grant, hours in free.items() if hours]
    for one in used_by_hour(connection, with_free, start_of_day(since)) if with_free else []:
        of_grant = by_grant.get(one.grant_id, {})
        if one.hour in free[one.grant_id] and one.day in of_grant:
            of_grant[one.day] -= one.used_bytes
    found: dict[int, dict[date, int]] = {}
    for row in rows:
        of_row = found.setdefault(row.id, {})
        for grant in grants[row.id]:
            for day, used in by_grant.get(grant, {}).items():
                if day >= firsts[row.id]:
                    of_row[day] = of_row.get(day, 0) + used
    return found


def _first(anchor_day: int, days: Iterable[date]) -> date:
    return min(first for day in days for first in starts(day, anchor_day).values())


def _by_period(days: Mapping[date, int], anchor_day: int, today: date) -> dict[str, int]:
    since = starts(today, anchor_day)
    return {period: sum(used for day, used in days.items() if day >= first) for period, first in since.items()}


def _free_hours(terms: TariffTerms) -> frozenset[int]:
    return terms.fair_use.free_hours if terms.fair_use else frozenset()
