"""How fast data flows: now, in the last hour and in the last day, of some grants or of a router. Named reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

STEP: Final = timedelta(minutes=5)  # as often as equipment that asks RADIUS tells
STEPS: Final = 12
HOUR: Final = timedelta(hours=1)
HOURS: Final = 24
NOW_WITHIN: Final = timedelta(minutes=10)  # two tellings: what was heard before says nothing of now
_EARLIER: Final = timedelta(minutes=15)  # the counter before the first of the hour is looked for so far back
_CLOCKS_APART: Final = timedelta(minutes=15)  # a session's age is its equipment's word, the time of a counter is ours
_BEGUN_WITHIN: Final = timedelta(days=7)  # of what has ended in the hour; longer sessions count while they are open
_BITS: Final = 8

_OF_GRANTS: Final = "s.grant_id = ANY(:grants)"
_OF_ROUTER: Final = """s.router_id = :router AND s.grant_id IN (
        SELECT id FROM access_grant WHERE router_id = :router AND (closed_at IS NULL OR closed_at > :day))"""


def _step(counter: str) -> str:
    """What a counter grew by. One that fell has wrapped at 2^32, or began anew; the writer of usage counts likewise.

    Those that a look read are `wide` and do not wrap.
    """
    return f"""CASE WHEN {counter} >= was_{counter} THEN {counter} - was_{counter}
                    WHEN NOT wide AND was_{counter} < 4294967296 AND was_{counter} - {counter} > 2147483648
                      THEN {counter} + 4294967296 - was_{counter}
                    ELSE {counter} END"""


def _steps(which: str) -> str:
    """From one counter of a session to the next: from when to when, and the bytes between."""
    return f"""
    whose AS MATERIALIZED (
      SELECT s.id, s.source = 'api' AS wide, s.started_at, s.stopped_at, s.session_s FROM usage_session s
      WHERE {which} AND s.stopped_at IS NULL
      UNION
      SELECT s.id, s.source = 'api', s.started_at, s.stopped_at, s.session_s FROM usage_session s
      WHERE {which} AND s.stopped_at > :first AND s.started_at > :begun
    ), counters AS (
      SELECT w.id, w.wide, w.started_at, w.stopped_at, x.at, x.up_bytes AS up, x.down_bytes AS down,
             lag(x.at) OVER counted AS was_at, lag(x.up_bytes) OVER counted AS was_up,
             lag(x.down_bytes) OVER counted AS was_down
      FROM whose w JOIN usage_sample x ON x.session_id = w.id AND x.at > :earlier
        AND x.session_s >= w.session_s - :back_s  -- by the index: a line that is up for months has a million counters
      WINDOW counted AS (PARTITION BY w.id ORDER BY x.session_s, x.up_bytes, x.down_bytes)
    ), known AS (
      -- The first counter of a session counts from its beginning; of an older one the counter before is not known here.
      SELECT id, wide, stopped_at, at, up, down, coalesce(was_at, started_at) AS was_at,
             coalesce(was_up, 0) AS was_up, coalesce(was_down, 0) AS was_down
      FROM counters WHERE was_at IS NOT NULL OR started_at > :earlier
    ), steps AS (
      SELECT id, stopped_at, was_at, at, extract(epoch FROM at - was_at) AS seconds, {_step("up")} AS up,
             {_step("down")} AS down
      FROM known WHERE at > was_at
    )"""


def _hour(which: str) -> str:
    return f"""
    WITH {_steps(which)}, spread AS (
      SELECT bin, up * share AS up, down * share AS down
      FROM steps CROSS JOIN LATERAL (
        SELECT bin, extract(epoch FROM least(at, bin + :step) - greatest(was_at, bin)) / seconds AS share
        FROM generate_series(date_bin(:step, was_at, :origin), at, :step) bin) parts
      WHERE share > 0
    )
    SELECT bin AS at, sum(up) AS up, sum(down) AS down FROM spread WHERE bin >= :first AND bin < :end GROUP BY bin
    UNION ALL
    SELECT NULL, coalesce(sum(up / seconds), 0), coalesce(sum(down / seconds), 0)
    FROM (SELECT DISTINCT ON (id) up, down, seconds FROM steps
          WHERE at > :recent AND stopped_at IS NULL ORDER BY id, at DESC) last"""


def _day(which: str) -> str:
    return f"""
    SELECT h.hour AS at, sum(h.up_bytes) AS up, sum(h.down_bytes) AS down
    FROM usage_session s JOIN usage_hour h ON h.session_id = s.id
    WHERE {which} AND h.hour >= :day AND h.hour < :day_end GROUP BY h.hour"""


_SQL: Final = {which: (text(_hour(which)), text(_day(which))) for which in (_OF_GRANTS, _OF_ROUTER)}


@dataclass(frozen=True, slots=True)
class Flow:
    """Bits a second to the customer and from them; `at`: since when, for a step of the hour or an hour of the day."""

    at: datetime
    down_bps: int
    up_bps: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """What flows now, in each step of the last hour, and in each hour of the last day; what is not known is nothing.

    Both end with the last step that is over: of one that runs most has not been told.
    """

    now: Flow
    hour: tuple[Flow, ...]
    day: tuple[Flow, ...]


def throughput_of_grants(connection: Connection, grant_ids: Sequence[int], now: datetime) -> Throughput:
    """Of the services or tokens that have these grants, together."""
    return _read(connection, _OF_GRANTS, {"grants": list(grant_ids)}, now)


def throughput_of_router(connection: Connection, router_id: int, now: datetime) -> Throughput:
    """Of all who are served at a router and known: what is unattributed is not in it."""
    return _read(connection, _OF_ROUTER, {"router": router_id}, now)


def _read(connection: Connection, which: str, whose: dict[str, Any], now: datetime) -> Throughput:
    end, day_end = _floor(now, STEP), _floor(now, HOUR)
    first, day = end - STEPS * STEP, day_end - HOURS * HOUR
    moments = {
        "first": first,
        "end": end,
        "earlier": first - _EARLIER,
        "begun": first - _BEGUN_WITHIN,
        "recent": now - NOW_WITHIN,
        "day": day,
        "back_s": int((now - first + _EARLIER + _CLOCKS_APART).total_seconds()),
        "step": STEP,
        "origin": datetime(2000, 1, 1, tzinfo=UTC),
    }
    of_hour, of_day = _SQL[which]
    hour = {row.at: row for row in connection.execute(of_hour, whose | moments)}
    hours = {row.at: row for row in connection.execute(of_day, whose | {"day": day, "day_end": day_end})}
    last = hour.pop(None)  # there is always one
    return Throughput(
        Flow(now, round(last.down * _BITS), round(last.up * _BITS)),
        tuple(_flow(hour, first + index * STEP, STEP) for index in range(STEPS)),
        tuple(_flow(hours, day + index * HOUR, HOUR) for index in range(HOURS)),
    )


def _flow(rows: Mapping[datetime, Any], at: datetime, lasts: timedelta) -> Flow:
    row, seconds = rows.get(at), int(lasts.total_seconds())
    return Flow(at, round(row.down * _BITS / seconds), round(row.up * _BITS / seconds)) if row else Flow(at, 0, 0)


def _floor(instant: datetime, every: timedelta) -> datetime:
    """The beginning of the step an instant lies in."""
    origin = datetime(2000, 1, 1, tzinfo=UTC)
    return origin + (instant - origin) // every * every
