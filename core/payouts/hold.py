"""The money of a payout in the books: held for it, then gone, or back where it came from. Each once, by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from core.db.engine import Transaction
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money
from core.payouts.states import move
from core.payouts.tell import tell_payout

HELD_ACCOUNT: Final = "payout:held"
MOMO_ACCOUNT: Final = "momo:mtn"

# Money came back to a customer's balance: (transaction, customer, key, now). Wired at the edge, for bills use it.
CameBack = Callable[[Transaction, int, str, datetime], None]


def leave_on_balance(_tx: Transaction, _customer_id: int, _key: str, _now: datetime) -> None:
    """What came back stays on the balance."""


def amount_of(payout: Mapping[str, Any]) -> Money:
    """How much it is."""
    return Money(payout["amount_minor"], payout["currency"])


def hold(tx: Transaction, payout: Mapping[str, Any], now: datetime) -> int:
    """Take the money from its source and hold it. The entry's id.

    Raises:
        InsufficientBalance: the source does not hold so much.
    """
    return _post(tx, payout, "payout_hold", payout["source"], HELD_ACCOUNT, now)


def end_paid(
    tx: Transaction,
    payout: Mapping[str, Any],
    *,
    paid_from: str,
    provider_reference: str | None,
    now: datetime,
    why: Mapping[str, Any],
    staff_id: int | None = None,
) -> None:
    """The money went: it leaves our account `paid_from` in the books too. The payout is locked and held.

    Raises:
        IntegrityError: that number of theirs stands on another payout.
    """
    entry_id = _post(tx, payout, "payout_paid", HELD_ACCOUNT, paid_from, now)
    moved = move(
        tx,
        payout_id=payout["id"],
        state=payout["state"],
        to="paid",
        now=now,
        why=why,
        staff_id=staff_id,
        end_entry_id=entry_id,
        paid_from=paid_from,
        provider_reference=provider_reference,
        ask_again_at=None,
    )
    if not moved:
        raise AssertionError(f"a payout that is {payout['state']} is not paid")
    tell_payout(tx, payout, "paid", now)


def end_refused(
    tx: Transaction,
    payout: Mapping[str, Any],
    *,
    failure: str,
    raw_failure: str | None,
    now: datetime,
    why: Mapping[str, Any],
    came_back: CameBack,
    staff_id: int | None = None,
) -> None:
    """For certain nothing went: the money is back where it came from. The payout is locked and held."""
    entry_id = _post(tx, payout, "payout_back", HELD_ACCOUNT, payout["source"], now)
    moved = move(
        tx,
        payout_id=payout["id"],
        state=payout["state"],
        to="refused",
        now=now,
        why=why,
        staff_id=staff_id,
        end_entry_id=entry_id,
        failure=failure,
        raw_failure=raw_failure,
        ask_again_at=None,
    )
    if not moved:
        raise AssertionError(f"a payout that is {payout['state']} is not refused")
    if payout["source"].startswith("wallet:"):
        came_back(tx, payout["customer_id"], f"payout_back:{payout['reference']}", now)
    tell_payout(tx, payout, "refused", now)


def _post(tx: Transaction, payout: Mapping[str, Any], kind: str, source: str, destination: str, now: datetime) -> int:
    amount = amount_of(payout)
    return post(
        tx,
        key=f"{kind}:{payout['reference']}",
        kind=kind,
        occurred_at=now,
        now=now,
        postings=[
            Posting(open_account(tx, source, amount.currency), open_account(tx, destination, amount.currency), amount)
        ],
        memo={"payout": payout["id"], "reason": payout["reason"]},
    ).entry_id
