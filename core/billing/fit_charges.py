"""What of the charges and discounts that wait stands on a bill. No I/O: the same bill always takes the same of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.billing.billable import Waiting
from core.billing.draft import Line
from core.catalog.taxes import HOME_CURRENCY
from core.money import Money


@dataclass(frozen=True, slots=True)
class Fitted:
    """A charge or discount on a bill: the line that stands there, and what of it waits for the next one."""

    charge: Waiting
    line: Line
    rest: Waiting | None = None


def fit(lines: Sequence[Line], charges: Sequence[Waiting], service_id: int) -> list[Fitted]:
    """What stands on a bill of a service beside its lines, in the order it was written.

    Charges stand there whole. A discount takes off what there is of its class of product, charges included, and no
    more: neither a bill nor a tax on it falls below zero, and what is left over waits.
    """
    mine = [one for one in charges if one.subscription_id in (None, service_id)]
    nothing = Money(0, HOME_CURRENCY)
    room: dict[str, Money] = {}
    for line in (*lines, *(one.line for one in mine if one.line.amount > nothing)):
        room[line.product_class] = room.get(line.product_class, nothing) + line.amount
    fitted = []
    for one in mine:
        if one.line.amount > nothing:
            fitted.append(Fitted(one, one.line))
            continue
        left = room.get(one.line.product_class, nothing)
        part = min(-one.line.amount, left)
        if part > nothing:
            room[one.line.product_class] = left - part
            fitted.append(_part(one, part))
    return fitted


def take(waiting: list[Waiting], fitted: Sequence[Fitted]) -> None:
    """Take out of what waits what stands on a bill: charges whole; of a discount the rest waits in its place."""
    for one in fitted:
        place = waiting.index(one.charge)
        waiting[place : place + 1] = [] if one.rest is None else [one.rest]


def _part(charge: Waiting, part: Money) -> Fitted:
    """So much of a discount; a line that is not the whole says of how much it is a part."""
    line = charge.line
    if part == -line.amount:
        return Fitted(charge, line)
    facts = {**line.facts, "whole": line.facts.get("whole", -line.amount.minor)}
    rest = replace(line, amount=line.amount + part, facts=facts)
    return Fitted(charge, replace(line, amount=-part, facts=facts), replace(charge, line=rest))
