"""Opening a shift: the float is counted, and is what the books say; or somebody says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, text

from core.cash.count_difference import post_difference
from core.cash.drawers import Drawer, lock_drawers
from core.cash.limits import REASON_CHARS_MAX
from core.cash.models import CashShift
from core.cash.move_cash import write_move
from core.cash.own_shift import at_work, lock_person
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, DrawerBusy, KeyReused, NotPossibleNow, ShiftOpen
from core.money import Money
from core.payments.limits import CASH_MOST

_OWN: Final = text("""
    SELECT d.name FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id
    WHERE s.staff_id = :staff AND s.closed_at IS NULL
""")
_NAME: Final = text("SELECT name FROM staff_member WHERE id = :staff")


@dataclass(frozen=True, slots=True)
class ShiftBegun:
    """An open shift. `again`: the same form had been sent before."""

    shift_id: int
    again: bool


@dataclass(frozen=True, slots=True)
class Float:
    """Notes brought from a safe, to begin with."""

    safe_id: int
    amount: Money


def open_shift(
    tx: Transaction,
    *,
    request_key: str,
    drawer_id: int,
    staff_id: int,
    counted: Money,
    brought: Float | None = None,
    why: str = "",
    now: datetime,
) -> ShiftBegun:
    """Open a shift at a drawer with what was counted in it, the notes brought from a safe among them.

    What differs from the books is asked about, and posted as over or short with its reason. Once per `request_key`.

    Raises:
        NotFound, NotPossibleNow: no such drawer, or a closed one; a float comes from a safe.
        DrawerBusy: somebody works at it, or it is another's.
        ShiftOpen: this person works at another drawer.
        DrawerShort: the safe does not hold so much.
        CountDiffers: see above.
        AmountOutOfRange: nobody counts that.
        KeyReused: the same form with other contents.
    """
    nothing = Money(0, counted.currency)
    if not nothing <= counted <= CASH_MOST:
        raise AmountOutOfRange(least=nothing, most=CASH_MOST)
    lock_person(tx, staff_id)
    first = _sent_before(tx, request_key)
    if first is not None:
        if (first.drawer_id, first.staff_id, first.opening_minor) != (drawer_id, staff_id, counted.minor):
            raise KeyReused(key=request_key)
        return ShiftBegun(first.id, again=True)
    drawer = _brought(tx, brought, drawer_id, request_key, staff_id, now)
    _refuse_busy(tx, drawer, staff_id)
    entry_id = post_difference(
        tx, drawer, counted=counted, why=why, key=f"shift_open:{request_key}", staff_id=staff_id, now=now
    )
    (ready,) = lock_drawers(tx, drawer_id)
    shift_id = tx.execute(
        insert(CashShift)
        .values(
            request_key=request_key,
            drawer_id=drawer_id,
            staff_id=staff_id,
            opened_at=now,
            opening_minor=counted.minor,
            opening_entry_id=entry_id,
            opening_why=why.strip()[:REASON_CHARS_MAX] if entry_id is not None else None,
            opened_mark=ready.mark,
        )
        .returning(CashShift.id)
    ).scalar_one()
    return ShiftBegun(shift_id, again=False)


def _sent_before(tx: Transaction, request_key: str) -> Row[Any] | None:
    row: Row[Any] | None = tx.execute(
        select(CashShift.id, CashShift.drawer_id, CashShift.staff_id, CashShift.opening_minor).where(
            CashShift.request_key == request_key
        )
    ).first()
    return row


def _brought(
    tx: Transaction, brought: Float | None, drawer_id: int, request_key: str, staff_id: int, now: datetime
) -> Drawer:
    """The drawer, locked, with the float in it."""
    if brought is None:
        (drawer,) = lock_drawers(tx, drawer_id)
        return drawer
    if brought.safe_id == drawer_id:
        raise NotPossibleNow(what="drawer", state="the same")
    safe, drawer = lock_drawers(tx, brought.safe_id, drawer_id)
    if safe.kind != "safe":
        raise NotPossibleNow(what="float", state=safe.kind)
    write_move(tx, safe, drawer, brought.amount, key=f"float:{request_key}", staff_id=staff_id, now=now)
    (with_float,) = lock_drawers(tx, drawer_id)
    return with_float


def _refuse_busy(tx: Transaction, drawer: Drawer, staff_id: int) -> None:
    if drawer.is_closed:
        raise NotPossibleNow(what="drawer", state="closed")
    own = tx.execute(_OWN, {"staff": staff_id}).scalar()
    if own is not None:
        raise ShiftOpen(drawer=own)
    person = at_work(tx, drawer.drawer_id)
    if person is None and drawer.holder_id not in (None, staff_id):
        person = tx.execute(_NAME, {"staff": drawer.holder_id}).scalar_one()
    if person is not None:
        raise DrawerBusy(drawer=drawer.name, person=person)
