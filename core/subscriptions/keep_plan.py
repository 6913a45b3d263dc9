"""A change of plan agreed on for later falls away: the service stays on the plan it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.catalog.tariffs import TariffTerms
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.errors import SamePlan
from core.subscriptions.queries import Service, locked
from core.subscriptions.states import By, move, refuse_unless_possible
from core.subscriptions.stop import tariff_of
from core.subscriptions.terms import agreed_after, drop_agreed


@dataclass(frozen=True, slots=True)
class Kept:
    """The plan it stays on, and the day on which another would have begun."""

    service: Service
    terms: TariffTerms
    from_day: date


def keep_plan(tx: Transaction, *, subscription_id: int, by: By) -> Kept:
    """Take back a change that was agreed on and has not begun. It costs nothing: no day of it was billed.

    Raises:
        NotPossibleNow: it is not active.
        SamePlan: no other plan is agreed on.
    """
    today = juba_day(by.now)
    service = locked(tx.connection, subscription_id)
    refuse_unless_possible(service, "keep_plan")
    first = max(today, service.started_on or today)  # one that was handed over today begins tomorrow
    agreed = agreed_after(tx, subscription_id, first + DAY)
    if agreed is None:
        raise SamePlan
    terms = tariff_of(tx, service, first)
    detail = {"tariff": terms.tariff_id, "not": agreed.tariff_id, "day": agreed.from_day.isoformat()}
    move(tx, service, "keep_plan", by, detail)
    drop_agreed(tx, subscription_id, agreed)
    return Kept(service, terms, agreed.from_day)
