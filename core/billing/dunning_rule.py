"""What is done about an unpaid invoice, and when. No I/O: the same facts always give the same decisions."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.clock import JUBA
from core.days import DAY, juba_day

# In Juba, the last hour not included.
TEXT_HOURS: Final = (8, 19)  # any day; nobody is woken for money
CUT_OFF_HOURS: Final = (8, 16)  # while somebody is there who can take money, and help
NOON: Final = 12  # of the last working day: after it nobody would be there for more than a night
FRIDAY: Final = 4  # as `date.weekday` counts
WEEKEND: Final = (5, 6)
# What is worse comes later where two steps name the same day.
SEVERITY: Final = ("remind", "slow", "suspend", "terminate")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a schedule: so many days from the due day (below zero: before it), do this."""

    step_id: int
    days: int
    act: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A step to be taken now.

    `outcome`: `done`; `skipped`, since a later one makes it pointless; or `again`, for one done before whose effect
    was lifted for an agreement that did not hold.
    """

    step: Step
    outcome: str


def fair_due_day(due_on: date, issued_on: date, issued_at: datetime) -> date:
    """The day from which an invoice's days are counted: one issued late, after a gap, gets its full days."""
    return max(due_on, juba_day(issued_at) + (due_on - issued_on))


def may_text(now: datetime) -> bool:
    """Whether a text about money may leave at this hour."""
    first, end = TEXT_HOURS
    return first <= now.astimezone(JUBA).hour < end


def may_cut_off(now: datetime, holidays: Container[date]) -> bool:
    """Whether a service may be slowed, suspended or ended at this hour: in working hours that others follow soon."""
    local = now.astimezone(JUBA)
    today = local.date()
    first, end = CUT_OFF_HOURS
    if not first <= local.hour < end or today.weekday() in WEEKEND or today in holidays:
        return False
    free_tomorrow = today.weekday() == FRIDAY or today + DAY in holidays
    return local.hour < NOON or not free_tomorrow


def decide(
    steps: Sequence[Step],
    *,
    due_day: date,
    done: Container[int],
    now: datetime,
    holidays: Container[date],
    held: bool,
    cut_today: bool = False,
    lifted: Step | None = None,
) -> list[Decision]:
    """The steps of an invoice to take now.

    Of several reminders that are due only the last is sent. A service is cut down by one step a visit, in order, and
    not twice a day: who was slowed this morning reads the text and can pay. While the customer is `held` by a promise,
    a plan that is kept or money on its way, cutting off waits; reminders go on.

    Args:
        steps: those of the invoice's schedule.
        due_day: see `fair_due_day`.
        done: ids of the steps that were taken about this invoice, whatever came of them.
        now: this instant.
        holidays: at least those of today and tomorrow.
        held: see above.
        cut_today: the service was cut down today already, for this invoice or another.
        lifted: the last cut done, where it was taken back while the customer was held. Done again while it is due.
    """
    today = juba_day(now)
    reminders = [step for step in _due(steps, due_day, today) if step.act == "remind"]
    decisions = _remind(reminders, done) if may_text(now) else []
    if not held and not cut_today and may_cut_off(now, holidays):
        decisions += _cut(cuts_due(steps, due_day, today), done, lifted)
    return decisions


def cuts_due(steps: Sequence[Step], due_day: date, today: date) -> list[Step]:
    """The steps by which an invoice cuts its services down by now, in order.

    While there is one and nothing holds the invoice, what was cut down stays so: given back, it would be cut again.
    """
    return [step for step in _due(steps, due_day, today) if step.act != "remind"]


def worst_cut(steps: Sequence[Step], due_day: date, today: date) -> str | None:
    """The worst act of `cuts_due`; None where there is none."""
    return max((step.act for step in cuts_due(steps, due_day, today)), key=SEVERITY.index, default=None)


def worse(act: str, other: str | None) -> str:
    """The worse of two acts, one of which may be none."""
    return act if other is None else max(act, other, key=SEVERITY.index)


def _due(steps: Sequence[Step], due_day: date, today: date) -> list[Step]:
    return sorted(
        (step for step in steps if due_day + step.days * DAY <= today),
        key=lambda step: (step.days, SEVERITY.index(step.act)),
    )


def _remind(reminders: Sequence[Step], done: Container[int]) -> list[Decision]:
    return [
        Decision(step, "done" if step is reminders[-1] else "skipped") for step in reminders if step.step_id not in done
    ]


def _cut(cuts: Sequence[Step], done: Container[int], lifted: Step | None) -> list[Decision]:
    last = max((index for index, step in enumerate(cuts) if step.step_id in done), default=-1)
    # A step set before one that is done already, by a schedule changed since, has nothing left to do.
    passed = [Decision(step, "skipped") for step in cuts[: last + 1] if step.step_id not in done]
    if lifted is not None and lifted in cuts:
        return [*passed, Decision(lifted, "again")]
    return passed + [Decision(step, "done") for step in cuts[last + 1 : last + 2]]
