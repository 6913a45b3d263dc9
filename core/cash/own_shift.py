"""The shift somebody works in, its drawer locked. Who never opened one gets one when they take cash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.cash.drawers import Drawer, lock_drawers
from core.cash.models import CashDrawer, CashShift
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import NoShiftOpen, NotFound
from core.money import Money

_OPEN: Final = text("SELECT id, drawer_id FROM cash_shift WHERE staff_id = :staff AND closed_at IS NULL")
_STILL_OPEN: Final = text("SELECT 1 FROM cash_shift WHERE id = :shift AND closed_at IS NULL")
# One person opens one shift at a time. No key of theirs changes: what only names them does not wait.
_LOCK_PERSON: Final = text("SELECT name FROM staff_member WHERE id = :staff FOR NO KEY UPDATE")
_AT_WORK: Final = text("""
    SELECT m.name FROM cash_shift s JOIN staff_member m ON m.id = s.staff_id
    WHERE s.drawer_id = :drawer AND s.closed_at IS NULL
""")
_FREE: Final = text("""
    SELECT d.id FROM cash_drawer d
    WHERE d.holder_id = :staff AND d.closed_at IS NULL AND d.currency = :currency AND d.kind <> 'safe'
      AND NOT EXISTS (SELECT 1 FROM cash_shift s WHERE s.drawer_id = d.id AND s.closed_at IS NULL)
    ORDER BY d.id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class OwnShift:
    """An open shift, with its drawer locked: nobody closes it before the transaction ends."""

    shift_id: int
    drawer: Drawer


def own_shift(tx: Transaction, staff_id: int) -> OwnShift | None:
    """The open shift of a person; None when there is none."""
    row = tx.execute(_OPEN, {"staff": staff_id}).first()
    if row is None:
        return None
    (drawer,) = lock_drawers(tx, row.drawer_id)
    # Who closes a shift holds this lock: it may have been closed while we waited for it.
    if tx.execute(_STILL_OPEN, {"shift": row.id}).first() is None:
        return None
    return OwnShift(row.id, drawer)


def drawer_of(tx: Transaction, staff_id: int, amount: Money) -> str:
    """The account of the drawer out of which a person hands so much, locked.

    Raises:
        NoShiftOpen: they have none open.
        DrawerShort: it does not hold so much.
    """
    shift = own_shift(tx, staff_id)
    if shift is None:
        raise NoShiftOpen
    shift.drawer.give(amount)
    return shift.drawer.account


def at_work(tx: Transaction, drawer_id: int) -> str | None:
    """The name of who has a shift open at a drawer that is locked; None: nobody."""
    name = tx.execute(_AT_WORK, {"drawer": drawer_id}).scalar()
    return None if name is None else str(name)


def lock_person(tx: Transaction, staff_id: int) -> str:
    """Lock a person for the opening of a shift. Their name.

    Raises:
        NotFound: nobody works here under this id.
    """
    name = tx.execute(_LOCK_PERSON, {"staff": staff_id}).scalar()
    if name is None:
        raise NotFound(what="staff")
    return str(name)


def begun_by_itself(tx: Transaction, *, staff_id: int, request_key: str, now: datetime) -> OwnShift:
    """The shift of who takes cash without having opened one: in a drawer that is theirs, else in one made for them.

    It opens with what the books say lies in the drawer; the count at its close finds what that hid.
    """
    name = lock_person(tx, staff_id)
    open_by_now = own_shift(tx, staff_id)
    if open_by_now is not None:
        return open_by_now
    free = tx.execute(_FREE, {"staff": staff_id, "currency": HOME_CURRENCY}).scalar()
    (drawer,) = lock_drawers(tx, free or _made_for(tx, staff_id, name, now))
    if drawer.is_closed or at_work(tx, drawer.drawer_id) is not None:  # since we looked
        (drawer,) = lock_drawers(tx, _made_for(tx, staff_id, name, now))
    shift_id = tx.execute(
        insert(CashShift)
        .values(
            request_key=f"by_itself:{request_key}"[:200],
            drawer_id=drawer.drawer_id,
            staff_id=staff_id,
            opened_at=now,
            opening_minor=drawer.holds.minor,
            opened_mark=drawer.mark,
        )
        .returning(CashShift.id)
    ).scalar_one()
    return OwnShift(shift_id, drawer)


def _made_for(tx: Transaction, staff_id: int, name: str, now: datetime) -> int:
    for ordinal in count(1):
        made = tx.execute(
            upsert(CashDrawer)
            .values(
                code=f"staff-{staff_id}" if ordinal == 1 else f"staff-{staff_id}-{ordinal}",
                name=name,
                kind="counter",
                holder_id=staff_id,
                currency=HOME_CURRENCY,
                next_number=1,
                opened_at=now,
            )
            .on_conflict_do_nothing(index_elements=[CashDrawer.code])
            .returning(CashDrawer.id)
        ).scalar()
        if made is not None:
            return int(made)
    raise AssertionError("unreachable")
