"""Asking for a receipt to be taken back: cash typed wrong, or put on the wrong account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.cash.limits import REASON_CHARS_MAX
from core.cash.models import ReceiptVoid
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, ReasonMissing
from core.payments.models import Receipt

_REFUNDED: Final = text(
    "SELECT 1 FROM payout WHERE receipt_id = :receipt AND state NOT IN ('refused', 'cancelled') LIMIT 1"
)
_LIVE: Final = ReceiptVoid.state != "refused"


@dataclass(frozen=True, slots=True)
class VoidAsked:
    """A void that waits for a second person. `again`: the same person had asked before."""

    void_id: int
    again: bool


def ask_void(tx: Transaction, *, receipt_number: str, reason: str, staff_id: int, now: datetime) -> VoidAsked:
    """Ask for a receipt of cash to be taken back. Nothing moves before a second person has decided.

    Raises:
        ReasonMissing: no reason.
        NotFound: no such receipt.
        NotPossibleNow: it did not come in cash, is being refunded, or was taken back, or somebody else has asked.
    """
    why = reason.strip()[:REASON_CHARS_MAX]
    if not why:
        raise ReasonMissing
    receipt = tx.execute(
        select(Receipt.id, Receipt.provider).where(Receipt.number == receipt_number).with_for_update()
    ).first()
    if receipt is None:
        raise NotFound(what="receipt")
    if receipt.provider != "cash":
        raise NotPossibleNow(what="receipt", state="not cash")
    refuse_refunded(tx, receipt.id)
    void_id = tx.execute(
        upsert(ReceiptVoid)
        .values(receipt_id=receipt.id, reason=why, state="waiting", asked_by=staff_id, asked_at=now)
        .on_conflict_do_nothing(index_elements=[ReceiptVoid.receipt_id], index_where=_LIVE)
        .returning(ReceiptVoid.id)
    ).scalar()
    if void_id is not None:
        return VoidAsked(void_id, again=False)
    first = tx.execute(
        select(ReceiptVoid.id, ReceiptVoid.state, ReceiptVoid.asked_by).where(
            ReceiptVoid.receipt_id == receipt.id, _LIVE
        )
    ).one()
    if first.state != "waiting" or first.asked_by != staff_id:
        raise NotPossibleNow(what="void", state=first.state)
    return VoidAsked(first.id, again=True)


def refuse_refunded(tx: Transaction, receipt_id: int) -> None:
    """What is given back in another way is not taken back too.

    Raises:
        NotPossibleNow: see above.
    """
    if tx.execute(_REFUNDED, {"receipt": receipt_id}).first() is not None:
        raise NotPossibleNow(what="receipt", state="refunded")
