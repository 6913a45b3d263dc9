"""Notes handed from one drawer to another: an agent's to the counter, the counter's to the safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select

from core.cash.drawers import Drawer, lock_drawers, refuse_strangers
from core.cash.models import CashMove
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, KeyReused, NotPossibleNow
from core.ledger.post import Posting, post
from core.money import Money
from core.payments.limits import CASH_LEAST, CASH_MOST

KIND: Final = "cash_move"


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Notes that went from one place to another. `again`: the same form had been sent before."""

    move_id: int
    again: bool


def move_cash(
    tx: Transaction,
    *,
    request_key: str,
    from_drawer_id: int,
    to_drawer_id: int,
    amount: Money,
    staff_id: int,
    role: str,
    now: datetime,
) -> CashMoved:
    """Hand over notes. Once per `request_key`.

    Raises:
        NotFound: no such drawer.
        NotAllowed: neither one's own open shift, nor all drawers to look after.
        DrawerShort: there is not so much in it.
        DrawerFull, NotPossibleNow: the other may not hold so much, is closed, or is the same.
        AmountOutOfRange: nothing was moved.
        KeyReused: the same form with other contents.
    """
    refuse_amount(amount)
    if from_drawer_id == to_drawer_id:
        raise NotPossibleNow(what="drawer", state="the same")
    giver, taker = lock_drawers(tx, from_drawer_id, to_drawer_id)
    first = moved_before(tx, request_key)
    if first is not None:
        same = (first.kind, first.from_drawer_id, first.to_drawer_id, first.amount_minor)
        if same != ("moved", from_drawer_id, to_drawer_id, amount.minor):
            raise KeyReused(key=request_key)
        return CashMoved(first.id, again=True)
    refuse_strangers(tx, giver, staff_id, role)
    return CashMoved(write_move(tx, giver, taker, amount, key=request_key, staff_id=staff_id, now=now), again=False)


def write_move(
    tx: Transaction, giver: Drawer, taker: Drawer, amount: Money, *, key: str, staff_id: int, now: datetime
) -> int:
    """Move notes between two drawers that are locked. The move's id.

    Raises:
        AmountOutOfRange, DrawerShort, DrawerFull, NotPossibleNow: as above.
    """
    refuse_amount(amount)
    giver.give(amount)
    taker.take(amount)
    postings = [Posting(taker.account_id, giver.account_id, amount)]
    return record_move(
        tx,
        {"kind": "moved", "from_drawer_id": giver.drawer_id, "to_drawer_id": taker.drawer_id},
        amount,
        postings,
        key=key,
        staff_id=staff_id,
        now=now,
    )


def record_move(
    tx: Transaction,
    where: dict[str, Any],
    amount: Money,
    postings: list[Posting],
    *,
    key: str,
    staff_id: int,
    now: datetime,
) -> int:
    """Write a move and its entry. `where`: the columns that say what went from where to where."""
    recorded = post(
        tx,
        key=f"cash_move:{key}",
        kind=KIND,
        occurred_at=now,
        now=now,
        postings=postings,
        memo={"staff": staff_id, "move": where["kind"]},
        falls_freely=True,  # cash and transit have no floor; the drawer is locked and holds enough
    )
    move_id = tx.execute(
        insert(CashMove)
        .values(
            request_key=key,
            amount_minor=amount.minor,
            currency=amount.currency,
            staff_id=staff_id,
            at=now,
            entry_id=recorded.entry_id,
            **where,
        )
        .returning(CashMove.id)
    ).scalar_one()
    return int(move_id)


def moved_before(tx: Transaction, request_key: str) -> Row[Any] | None:
    """The move of the same form, where it was sent before."""
    row: Row[Any] | None = tx.execute(
        select(
            CashMove.id,
            CashMove.kind,
            CashMove.from_drawer_id,
            CashMove.to_drawer_id,
            CashMove.bank_code,
            CashMove.amount_minor,
        ).where(CashMove.request_key == request_key)
    ).first()
    return row


def refuse_amount(amount: Money) -> None:
    """Nothing is not moved, nor more than anybody carries.

    Raises:
        AmountOutOfRange: see above.
    """
    if not CASH_LEAST <= amount <= CASH_MOST:
        raise AmountOutOfRange(least=CASH_LEAST, most=CASH_MOST)
