"""Undoing an entry: by its mirror image, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow
from core.ledger.models import LedgerEntry, LedgerPosting
from core.ledger.post import Recorded, refuse_below_floor, write_legs


def reverse(tx: Transaction, *, entry_id: int, now: datetime, reason: str) -> Recorded:
    """Record the mirror image of an entry. Reversed once already, the same mirror is returned.

    A floor holds here too: money that was spent since cannot be taken back from the account.

    Raises:
        NotFound: no such entry.
        NotPossibleNow: the entry is itself a reversal.
        InsufficientBalance: an account no longer holds what would be taken back.
    """
    entry = tx.execute(
        select(LedgerEntry.id, LedgerEntry.reverses_id, LedgerEntry.body_hash, LedgerEntry.legs).where(
            LedgerEntry.id == entry_id
        )
    ).first()
    if entry is None:
        raise NotFound(what="entry")
    if entry.reverses_id is not None:
        raise NotPossibleNow(what="entry", state="reversal")
    mirror_id = tx.execute(
        upsert(LedgerEntry)
        .values(
            key=f"reversal:{entry_id}",
            kind="reversal",
            occurred_at=now,
            recorded_at=now,
            reverses_id=entry_id,
            legs=entry.legs,
            body_hash=entry.body_hash,
            memo={"reason": reason},
        )
        .on_conflict_do_nothing(index_elements=[LedgerEntry.reverses_id])
        .returning(LedgerEntry.id)
    ).scalar()
    if mirror_id is None:
        first = tx.execute(select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry_id)).scalar_one()
        return Recorded(first, again=True)
    legs = [
        (row.account_id, row.currency, -row.amount_minor)
        for row in tx.execute(
            select(LedgerPosting.account_id, LedgerPosting.currency, LedgerPosting.amount_minor)
            .where(LedgerPosting.entry_id == entry_id)
            .order_by(LedgerPosting.account_id)
        )
    ]
    refuse_below_floor(tx, legs)
    write_legs(tx, mirror_id, legs)
    return Recorded(mirror_id, again=False)
