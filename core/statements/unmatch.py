"""Taking a wrong match back: by the mirror of its entry, with a reason. Money that was spent since stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, ReasonMissing
from core.ledger.accounts import open_account
from core.ledger.models import LedgerPosting
from core.ledger.post import Posting, post
from core.ledger.reverse import reverse
from core.money import Money
from core.payments.models import Receipt
from core.payouts.models import Payout
from core.statements.books import UNKNOWN, memo, suspense_code
from core.statements.models import LineMatch, PaymentClaim, StatementLine
from core.statements.open_line import WHY_CHARS_MAX, OpenLine, lock_line


def unmatch(tx: Transaction, *, match_id: int, why: str, staff_id: int, now: datetime) -> None:
    """Undo a match. The receipt stays as it was written; its entry is reversed, and the line is open again.

    Where the line's money had gone straight to its place, it goes to suspense: the bank has it still.

    Raises:
        ReasonMissing: no reason.
        NotFound: no such match.
        NotPossibleNow: undone before, or it is itself an undoing; or its money is being given back as a refund.
        InsufficientBalance: the customer has spent the money, on a bill or otherwise.
    """
    if not why.strip():
        raise ReasonMissing
    line_id = tx.execute(select(LineMatch.line_id).where(LineMatch.id == match_id)).scalar()
    if line_id is None:
        raise NotFound(what="match")
    one = lock_line(tx, line_id)
    match = dict(tx.execute(select(LineMatch).where(LineMatch.id == match_id)).mappings().one())
    undone = tx.execute(select(LineMatch.id).where(LineMatch.undoes_id == match_id)).first()
    if undone is not None or match["undoes_id"] is not None:
        raise NotPossibleNow(what="match", state="undone")
    if match["receipt_id"] is not None and _is_given_back(tx, match["receipt_id"]):
        raise NotPossibleNow(what="receipt", state="refunded")
    mirror_id = None
    if match["entry_id"] is not None:
        was_there = _posted_here(tx, one, match["entry_id"])
        mirror_id = reverse(tx, entry_id=match["entry_id"], now=now, reason=why.strip()[:WHY_CHARS_MAX]).entry_id
        if was_there and not one.account.posts_itself and not one.suspended:
            _to_suspense(tx, one, match, now)
    elif not one.account.posts_itself and match["kind"] == "payout":
        _to_suspense(tx, one, match, now)
    kept = ("line_id", "kind", "receipt_id", "payout_id", "cash_move_id", "amount_minor")
    tx.execute(
        insert(LineMatch).values(
            {name: match[name] for name in kept}
            | {
                "entry_id": mirror_id,
                "why": why.strip()[:WHY_CHARS_MAX],
                "staff_id": staff_id,
                "at": now,
                "undoes_id": match_id,
            }
        )
    )
    if match["receipt_id"] is not None:
        tx.execute(
            update(PaymentClaim)
            .where(PaymentClaim.receipt_id == match["receipt_id"], PaymentClaim.state == "credited")
            .values(
                state="refused", receipt_id=None, decided_at=now, decided_by=staff_id, why=why.strip()[:WHY_CHARS_MAX]
            )
        )


def _is_given_back(tx: Transaction, receipt_id: int) -> bool:
    """Whether a refund of the receipt is on its way or done. Its row makes the two follow each other."""
    tx.execute(select(Receipt.id).where(Receipt.id == receipt_id).with_for_update())
    live = select(Payout.id).where(Payout.receipt_id == receipt_id, Payout.state.not_in(("refused", "cancelled")))
    return tx.execute(live).first() is not None


def _posted_here(tx: Transaction, one: OpenLine, entry_id: int) -> bool:
    """Whether an entry moved the account's own place in the books, not its suspense."""
    here = open_account(tx, one.account.ledger_code, one.account.currency)
    query = select(LedgerPosting.id).where(LedgerPosting.entry_id == entry_id, LedgerPosting.account_id == here)
    return tx.execute(query).first() is not None


def _to_suspense(tx: Transaction, one: OpenLine, match: dict[str, Any], now: datetime) -> None:
    """The other side still says that it came, or went: on the day it did, as the entry that is undone said."""
    currency = one.account.currency
    here = open_account(tx, one.account.ledger_code, currency)
    suspense = open_account(tx, suspense_code(one.account, came=one.came), currency)
    amount = Money(match["amount_minor"], currency)
    recorded = post(
        tx,
        key=f"line:{one.line_id}:suspense:{match['id']}",
        kind=UNKNOWN,
        occurred_at=now,
        now=now,
        postings=[Posting(here, suspense, amount) if one.came else Posting(suspense, here, amount)],
        memo=memo(one.account, line=one.line_id),
    )
    tx.execute(update(StatementLine).where(StatementLine.id == one.line_id).values(suspense_entry_id=recorded.entry_id))
