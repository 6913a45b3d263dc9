"""What fair use makes of a service's usage: how slow it is held, and how much of its data is used. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.catalog.fair_use import Step
from core.catalog.tariffs import TariffTerms
from core.subscriptions.bought_data import Counted

# Data used up, and no overage agreed on: enough to read a message and to pay.
CAPPED_KBPS: Final = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a service stands: the step it is held to (None: full speed), what it used, and of how much.

    `used` and `used_today` are without free hours. `allowance` is the data of the billed month, with what was bought;
    None: unlimited, and no step of the billed month either. `left` is what is left of it. `bought` is all that was
    bought and is good today; `bought_left`, `bought_until` what is left of that, and until when.
    """

    held: Step | None
    used: int
    used_today: int
    allowance: int | None
    left: int | None = None
    bought: int = 0
    bought_left: int = 0
    bought_until: date | None = None

    @property
    def own_allowance(self) -> int | None:
        """The data of its month without what was bought."""
        return None if self.allowance is None else self.allowance - self.bought

    @property
    def share(self) -> int:
        """How many percent of the allowance are used; the data that was bought is used when it is gone."""
        if not self.allowance or self.left is None:
            return 0
        return (self.allowance - self.left) * 100 // self.allowance


def slows_after(terms: TariffTerms) -> dict[str, int]:
    """Where slowing begins, by period, in bytes."""
    after: dict[str, int] = {}
    for step in terms.fair_use.steps if terms.fair_use else ():
        after[step.period] = min(step.after_bytes, after.get(step.period, step.after_bytes))
    if terms.data_bytes is not None and terms.overage is None:
        after["billing"] = min(terms.data_bytes, after.get("billing", terms.data_bytes))
    return after


def standing(terms: TariffTerms, counted: Counted, all_used: Mapping[str, int], hour: int) -> Standing:
    """Where a service stands, given what counts of its usage, all its usage by period, and the hour in Juba.

    While any of the data that was bought is left, nothing is slow. Overage instead of a cap slows nothing.
    """
    rule = terms.fair_use
    capped = terms.data_bytes is not None and terms.overage is None and counted.used["billing"] >= terms.data_bytes
    reached = rule.reached(counted.used) if rule else None
    if capped:
        cap = Step("billing", terms.data_bytes or 0, CAPPED_KBPS, CAPPED_KBPS)
        reached = min((step for step in (reached, cap) if step), key=lambda step: step.down_kbps)
    if counted.left or (rule is not None and rule.is_free(hour)):
        reached = None
    own = _allowance(terms)
    return Standing(
        held=reached,
        used=all_used["billing"],
        used_today=all_used["day"],
        allowance=None if own is None else own + counted.bought,
        left=None if own is None else max(0, own - counted.used["billing"]) + counted.left,
        bought=counted.bought,
        bought_left=counted.left,
        bought_until=counted.until,
    )


def _allowance(terms: TariffTerms) -> int | None:
    if terms.data_bytes is not None:
        return terms.data_bytes
    of_month = [step.after_bytes for step in terms.fair_use.steps if step.period == "billing"] if terms.fair_use else []
    return min(of_month) if of_month else None
