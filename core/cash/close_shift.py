"""Closing a shift: its drawer is counted, and what is over or short has a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from core.cash.count_difference import post_difference
from core.cash.drawers import lock_drawers
from core.cash.limits import REASON_CHARS_MAX
from core.cash.models import CashShift
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, NotAllowed, NotFound, NotPossibleNow
from core.money import Money
from core.payments.limits import CASH_MOST
from core.staff.roles import may


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """What should have lain in the drawer, and what did. `again`: it was closed before, with the same count."""

    expected: Money
    counted: Money
    again: bool

    @property
    def over(self) -> Money:
        """How much too much there was; below zero it was short."""
        return self.counted - self.expected


def close_shift(
    tx: Transaction, *, shift_id: int, counted: Money, why: str = "", staff_id: int, role: str, now: datetime
) -> ShiftClosed:
    """Close a shift with a count of its drawer. The notes stay in it, for the next one.

    Somebody else's is closed by who may look after all drawers: they left, or fell ill.

    Raises:
        NotFound: no such shift.
        NotAllowed: somebody else's.
        NotPossibleNow: it was closed before, with another count.
        CountDiffers: the books say otherwise, and no reason is given.
        AmountOutOfRange: nobody counts that.
    """
    nothing = Money(0, counted.currency)
    if not nothing <= counted <= CASH_MOST:
        raise AmountOutOfRange(least=nothing, most=CASH_MOST)
    drawer_id = tx.execute(select(CashShift.drawer_id).where(CashShift.id == shift_id)).scalar()
    if drawer_id is None:
        raise NotFound(what="shift")
    (drawer,) = lock_drawers(tx, drawer_id)
    shift = tx.execute(
        select(CashShift.staff_id, CashShift.closed_at, CashShift.counted_minor, CashShift.expected_minor).where(
            CashShift.id == shift_id
        )
    ).one()
    if shift.staff_id != staff_id and not may(role, "cash.manage"):
        raise NotAllowed(permission="cash.manage")
    if shift.closed_at is not None:
        if shift.counted_minor != counted.minor:
            raise NotPossibleNow(what="shift", state="closed")
        return ShiftClosed(Money(shift.expected_minor, counted.currency), counted, again=True)
    entry_id = post_difference(
        tx, drawer, counted=counted, why=why, key=f"shift_close:{shift_id}", staff_id=shift.staff_id, now=now
    )
    tx.execute(
        update(CashShift)
        .where(CashShift.id == shift_id)
        .values(
            closed_at=now,
            closed_by=staff_id,
            closed_mark=drawer.mark,
            expected_minor=drawer.holds.minor,
            counted_minor=counted.minor,
            closing_entry_id=entry_id,
            why=why.strip()[:REASON_CHARS_MAX] or None,
        )
    )
    return ShiftClosed(drawer.holds, counted, again=False)
