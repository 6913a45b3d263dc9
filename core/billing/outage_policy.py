"""Whether long outages are credited, and how long is long: said by staff, from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from core.billing.outage_tables import OutagePolicy
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InvalidDay, NotPossibleNow
from core.staff.models import StaffMember

HOURS_MAX: Final = 720  # a month
SHOWN_MAX: Final = 20
_POLICIES: Final = (
    select(OutagePolicy.id, OutagePolicy.from_day, OutagePolicy.hours_min, StaffMember.name, OutagePolicy.made_at)
    .outerjoin(StaffMember, StaffMember.id == OutagePolicy.made_by)
    .order_by(OutagePolicy.from_day.desc(), OutagePolicy.id.desc())
)


@dataclass(frozen=True, slots=True)
class Policy:
    """From a day on, outages of so many hours or more are credited; `hours_min` none: none is."""

    policy_id: int
    from_day: date
    hours_min: int | None
    who: str | None
    made_at: datetime


def set_outage_policy(tx: Transaction, *, from_day: date, hours: int | None, staff_id: int, now: datetime) -> int:
    """Credit outages that begin on this day or later and last so many hours; None: credit none. The row's id.

    Raises:
        InvalidDay: a day that is over: outages of it were decided.
        NotPossibleNow: no such number of hours.
    """
    if from_day < juba_day(now):
        raise InvalidDay(typed=from_day.isoformat())
    if hours is not None and not 1 <= hours <= HOURS_MAX:
        raise NotPossibleNow(what="outage policy", state="hours")
    row = insert(OutagePolicy).values(from_day=from_day, hours_min=hours, made_by=staff_id, made_at=now)
    return int(tx.execute(row.returning(OutagePolicy.id)).scalar_one())


def policy_on(connection: Connection, day: date) -> Policy | None:
    """What holds for outages that began on a day; None: nothing was ever said, and none is credited."""
    row = connection.execute(_POLICIES.where(OutagePolicy.from_day <= day).limit(1)).first()
    return Policy(*row) if row else None


def policies(connection: Connection) -> list[Policy]:
    """All that was said, what begins last first."""
    return [Policy(*row) for row in connection.execute(_POLICIES.limit(SHOWN_MAX))]
