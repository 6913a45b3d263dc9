"""How much grants used, by the day or by the hour. Named reads of the ledger of usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, text

_DAYS: Final = text("""
    SELECT grant_id, day, used_bytes FROM grant_usage WHERE grant_id = ANY(:ids) AND day >= :since
""")
# By the hour of the day in Juba: asked only for those whose tariff has hours that do not count.
_HOURS: Final = text("""
    SELECT s.grant_id, (h.hour AT TIME ZONE 'Africa/Juba')::date AS day,
           extract(hour FROM h.hour AT TIME ZONE 'Africa/Juba')::int AS hour,
           sum(h.up_bytes + h.down_bytes)::bigint AS used_bytes
    FROM usage_session s JOIN usage_hour h ON h.session_id = s.id
    WHERE s.grant_id = ANY(:ids) AND h.hour >= :since AND (CAST(:until AS timestamptz) IS NULL OR h.hour < :until)
    GROUP BY 1, 2, 3
""")


@dataclass(frozen=True, slots=True)
class UsedInHour:
    """Bytes a grant used, both ways, in an hour of a day in Juba."""

    grant_id: int
    day: date
    hour: int
    used_bytes: int


def used_by_day(connection: Connection, grant_ids: Sequence[int], since: date) -> dict[int, dict[date, int]]:
    """Grant -> day in Juba -> bytes both ways, from a day on."""
    found: dict[int, dict[date, int]] = {}
    for row in connection.execute(_DAYS, {"ids": list(grant_ids), "since": since}):
        found.setdefault(row.grant_id, {})[row.day] = int(row.used_bytes)
    return found


def used_by_hour(
    connection: Connection, grant_ids: Sequence[int], since: datetime, until: datetime | None = None
) -> list[UsedInHour]:
    """The same by the hour, from an instant on, up to another."""
    rows = connection.execute(_HOURS, {"ids": list(grant_ids), "since": since, "until": until})
    return [UsedInHour(row.grant_id, row.day, row.hour, int(row.used_bytes)) for row in rows]
