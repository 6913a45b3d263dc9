"""What was done to a service: who, when, why; and the days it was on, under which tariff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.models import Tariff
from core.staff.models import StaffMember
from core.subscriptions.models import SubscriptionMove, SubscriptionTerm

MOVES_SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """One act on a service. Without `staff` it was the system, by its own rules, or the customer."""

    verb: str
    from_state: str
    to_state: str
    at: datetime
    staff: str | None
    why: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """Days on, from one up to another (not included), under a tariff."""

    from_day: date
    until_day: date | None
    name_en: str
    name_ar: str

    def name(self, language: str) -> str:
        """The tariff's name in a language."""
        return self.name_ar if language == "ar" else self.name_en


def history(connection: Connection, subscription_id: int) -> list[Moved]:
    """What was done to it, the last first, at most `MOVES_SHOWN_MAX`."""
    rows = connection.execute(
        select(
            SubscriptionMove.verb,
            SubscriptionMove.from_state,
            SubscriptionMove.to_state,
            SubscriptionMove.at,
            StaffMember.name,
            SubscriptionMove.why,
            SubscriptionMove.detail,
        )
        .outerjoin(StaffMember, StaffMember.id == SubscriptionMove.staff_id)
        .where(SubscriptionMove.subscription_id == subscription_id)
        .order_by(SubscriptionMove.id.desc())
        .limit(MOVES_SHOWN_MAX)
    )
    return [Moved(*row) for row in rows]


def days_served(connection: Connection, subscription_id: int) -> list[Served]:
    """Its terms with the names of their tariffs, the last first."""
    rows = connection.execute(
        select(SubscriptionTerm.from_day, SubscriptionTerm.until_day, Tariff.name_en, Tariff.name_ar)
        .join(Tariff, Tariff.id == SubscriptionTerm.tariff_id)
        .where(SubscriptionTerm.subscription_id == subscription_id)
        .order_by(SubscriptionTerm.from_day.desc())
    )
    return [Served(*row) for row in rows]
