"""Another name, holder or limit for a drawer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update

from core.cash.drawers import lock_drawers
from core.cash.models import CashDrawer, CashShift
from core.cash.open_drawer import limit_of, name_of
from core.db.engine import Transaction
from core.errors import DrawerNotEmpty, NotPossibleNow
from core.money import Money


def change_drawer(tx: Transaction, *, drawer_id: int, name: str, holder_id: int | None, limit: Money | None) -> None:
    """Set a drawer's name, whose it is (None: whoever opens a shift at it), and what it may hold (None: anything).

    A limit below what lies in it is taken: nothing more comes in until some has gone out.

    Raises:
        NotFound: no such drawer.
        InvalidName, NotPossibleNow: no name, nothing as a limit, or the drawer is closed.
    """
    (drawer,) = lock_drawers(tx, drawer_id)
    if drawer.is_closed:
        raise NotPossibleNow(what="drawer", state="closed")
    tx.execute(
        update(CashDrawer)
        .where(CashDrawer.id == drawer_id)
        .values(name=name_of(name), holder_id=holder_id, held_max_minor=limit_of(limit))
    )


def close_drawer(tx: Transaction, *, drawer_id: int, now: datetime) -> None:
    """Close a drawer for ever. Its receipts keep their numbers. Closed before, nothing is done.

    Raises:
        NotFound: no such drawer.
        NotPossibleNow: a shift is open at it.
        DrawerNotEmpty: notes lie in it.
    """
    (drawer,) = lock_drawers(tx, drawer_id)
    if drawer.is_closed:
        return
    at_work = exists().where(CashShift.drawer_id == drawer_id, CashShift.closed_at.is_(None))
    if tx.execute(select(at_work)).scalar():
        raise NotPossibleNow(what="drawer", state="open shift")
    if drawer.holds:
        raise DrawerNotEmpty(holds=drawer.holds)
    tx.execute(update(CashDrawer).where(CashDrawer.id == drawer_id).values(closed_at=now))
