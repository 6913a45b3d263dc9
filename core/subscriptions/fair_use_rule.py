"""What fair use makes of a service's usage: how slow it is held, and how much of its data is used. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.catalog.fair_use import Step
from core.catalog.tariffs import TariffTerms
from core.days import period_of

# Data used up, and no overage agreed on: enough to read a message and to pay.
CAPPED_KBPS: Final = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a service stands: the step it is held to (None: full speed), what counts of its data, and of how much.

    `allowance` is its data; None: unlimited, and no step of the billed month either.
    """

    held: Step | None
    used: int
    allowance: int | None


def starts(day: date, anchor_day: int) -> dict[str, date]:
    """The first day of each period a day is in."""
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "billing": period_of(day, anchor_day).first,
    }


def counted(days: Mapping[date, int], since: Mapping[str, date]) -> dict[str, int]:
    """Bytes by period, of bytes by day: of those days that are in it."""
    return {period: sum(used for day, used in days.items() if day >= first) for period, first in since.items()}


def standing(terms: TariffTerms, used: Mapping[str, int], hour: int) -> Standing:
    """Where a service stands, given what counts of its usage by period, and the hour in Juba.

    Overage instead of a cap slows nothing.
    """
    rule = terms.fair_use
    capped = terms.data_bytes is not None and terms.overage is None and used["billing"] >= terms.data_bytes
    reached = rule.reached(used) if rule else None
    if capped:
        cap = Step("billing", terms.data_bytes or 0, CAPPED_KBPS, CAPPED_KBPS)
        reached = min((step for step in (reached, cap) if step), key=lambda step: step.down_kbps)
    if rule is not None and rule.is_free(hour):
        reached = None
    return Standing(reached, used["billing"], _allowance(terms))


def _allowance(terms: TariffTerms) -> int | None:
    if terms.data_bytes is not None:
        return terms.data_bytes
    of_month = [step.after_bytes for step in terms.fair_use.steps if step.period == "billing"] if terms.fair_use else []
    return min(of_month) if of_month else None
