"""What is over or short after a count, in the books: against the account of what nobody can explain."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.cash.drawers import Drawer
from core.cash.limits import REASON_CHARS_MAX
from core.db.engine import Transaction
from core.errors import CountDiffers
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money

ACCOUNT: Final = "over_short"
KIND: Final = "over_short"


def post_difference(
    tx: Transaction, drawer: Drawer, *, counted: Money, why: str, key: str, staff_id: int, now: datetime
) -> int | None:
    """Make a locked drawer hold in the books what was counted in it. The entry's id; None where the two are the same.

    Raises:
        CountDiffers: they are not, and nobody has said why. Counting again finds most of it.
    """
    reason = why.strip()[:REASON_CHARS_MAX]
    difference = counted - drawer.holds
    if not difference:
        return None
    if not reason:
        raise CountDiffers(books=drawer.holds, counted=counted)
    unexplained = open_account(tx, ACCOUNT, counted.currency)
    posting = (
        Posting(drawer.account_id, unexplained, difference)
        if difference.minor > 0
        else Posting(unexplained, drawer.account_id, -difference)
    )
    return post(
        tx,
        key=key,
        kind=KIND,
        occurred_at=now,
        now=now,
        postings=[posting],
        memo={"staff": staff_id, "drawer": drawer.code, "reason": reason},
    ).entry_id
