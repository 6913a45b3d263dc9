"""A rule of fair use in a form: its fields, and reading them. Two pages have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from admin.figures import bytes_of, gigabytes, whole_of
from core.catalog.fair_use import FairUse, Step
from core.errors import NotPossibleNow

STEPS: Final = ("", "2", "3")  # as the form names its fields
PERIOD: Final = "billing"
FIELDS: Final = (
    *(f"{name}{step}" for step in STEPS for name in ("fair_use", "slow", "period")),
    "free_from",
    "free_until",
)


def fields_of(rule: FairUse | None) -> dict[str, str]:
    """What stands in the fields for a rule."""
    fields = dict.fromkeys(FIELDS, "") | {f"period{step}": PERIOD for step in STEPS}
    if rule is None:
        return fields
    for name, step in zip(STEPS, rule.steps, strict=False):
        fields |= {
            f"fair_use{name}": gigabytes(step.after_bytes),
            f"slow{name}": str(step.down_kbps),
            f"period{name}": step.period,
        }
    if rule.free_hours:
        fields |= {"free_from": str(rule.free_from), "free_until": str(rule.free_until)}
    return fields


def rule_of(typed: Callable[[str], str], up_kbps: int) -> FairUse | None:
    """The steps that are filled in. Up is held to the same figure as down, or stays what it is where that is lower.

    Raises:
        NotPossibleNow: a step has only one of its two figures, or one is no figure.
    """
    steps = []
    for step in STEPS:
        data, slow = bytes_of(typed(f"fair_use{step}")), whole_of(typed(f"slow{step}"), "slow")
        if data is None and slow is None:
            continue
        if data is None or slow is None:
            raise NotPossibleNow(what="tariff", state="fair use")
        steps.append(Step(typed(f"period{step}") or PERIOD, data, slow, min(slow, up_kbps)))
    hours = whole_of(typed("free_from"), "hour"), whole_of(typed("free_until"), "hour")
    if not steps and hours == (None, None):
        return None
    return FairUse(tuple(steps), *hours)
