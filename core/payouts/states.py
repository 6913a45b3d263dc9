"""The life of a payout. Declared once; every change writes a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from core.db.engine import Transaction
from core.errors import NotFound
from core.payouts.models import Payout, PayoutMove

# The database holds the same table (`guards_0005`). Unknown leads nowhere by itself: only the provider's word, or a
# person's with evidence, ends it, and never a second sending.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    "waiting": frozenset({"approved", "cancelled"}),
    "approved": frozenset({"submitted", "paid", "refused", "unknown"}),
    "submitted": frozenset({"paid", "refused", "unknown"}),
    "unknown": frozenset({"paid", "refused"}),
    "paid": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}
SENT: Final = frozenset({"approved", "submitted"})  # held, and on the way
HELD: Final = SENT | {"unknown"}


def lock_payout(tx: Transaction, payout_id: int) -> Mapping[str, Any]:
    """The payout as it is now, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute(select(Payout).where(Payout.id == payout_id).with_for_update()).mappings().first()
    if row is None:
        raise NotFound(what="payout")
    return dict(row)


def move(
    tx: Transaction,
    *,
    payout_id: int,
    state: str,
    to: str,
    now: datetime,
    why: Mapping[str, Any],
    staff_id: int | None = None,
    **values: Any,
) -> bool:
    """Move a payout the caller has locked, with further column values. False: the move is not in the table."""
    if to not in MOVES[state]:
        return False
    ended = {} if MOVES[to] else {"ended_at": now}
    tx.execute(update(Payout).where(Payout.id == payout_id).values(state=to, **ended, **values))
    tx.execute(
        insert(PayoutMove).values(
            payout_id=payout_id, from_state=state, to_state=to, at=now, staff_id=staff_id, why=dict(why)
        )
    )
    return True
