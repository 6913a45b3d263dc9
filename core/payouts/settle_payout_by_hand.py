"""A person says how a payout ended that no provider can tell of, or that a person sent. With evidence, and once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db.engine import Transaction
from core.errors import NotPossibleNow, ReferenceUsed
from core.payments.evidence import Evidence, keep_evidence
from core.payments.provider_reference import normal_id
from core.payouts.hold import MOMO_ACCOUNT, CameBack, end_paid, end_refused, leave_on_balance
from core.payouts.states import lock_payout

REFERENCE_CHARS_MAX: Final = 200
SENT_BY_A_PERSON: Final = ("bank:", "ewallet:", "orange:", "momo:")  # kinds of accounts a person sends money from
# rail -> the states a person may end it in. What a provider can still tell of is not a person's to say; notes that are
# paid out are handed over, and here only kept.
FROM: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("mtn-momo", "paid"): frozenset({"unknown"}),
    ("mtn-momo", "refused"): frozenset({"unknown"}),
    ("by_hand", "paid"): frozenset({"approved"}),
    ("by_hand", "refused"): frozenset({"approved"}),
    ("cash", "refused"): frozenset({"approved"}),
}
# An account of ours that is open, in the currency of what was sent. A machine's payouts leave MTN's, which is one too.
_OURS: Final = text("""
    SELECT EXISTS (SELECT 1 FROM money_account
                   WHERE ledger_code = :ledger_code AND currency = :currency AND closed_at IS NULL)
""")


def settle_payout_by_hand(
    tx: Transaction,
    *,
    payout_id: int,
    outcome: Literal["paid", "refused"],
    provider_reference: str,
    evidence: Evidence,
    staff_id: int,
    now: datetime,
    paid_from: str | None = None,
    came_back: CameBack = leave_on_balance,
) -> None:
    """Settle a payout by what a person found out or did. The caller has checked that they may; the first does it.

    `paid` needs the number of the transfer, and where a person sent it the account of ours it left from (`bank:eco`).
    `refused`: nothing went, and the money goes back to where it came from.

    Raises:
        NotFound: no such payout.
        NotPossibleNow: it is known by now, or still the provider's to tell; or that is no account to send from.
        ReferenceUsed: that number is on another payout, or there is none.
        EvidenceMissing, FileRefused: as `keep_evidence`.
    """
    payout = lock_payout(tx, payout_id)
    if payout["state"] not in FROM.get((payout["rail"], outcome), ()):
        raise NotPossibleNow(what="payout", state=payout["state"])
    why: dict[str, Any] = {"says": outcome, "staff": staff_id}
    if outcome == "refused":
        keep_evidence(tx, evidence, staff_id=staff_id, now=now, payout_id=payout_id)
        end_refused(
            tx,
            payout,
            failure="by_hand",
            raw_failure=payout["raw_failure"],
            now=now,
            why=why,
            came_back=came_back,
            staff_id=staff_id,
        )
        return
    account = MOMO_ACCOUNT if payout["rail"] == "mtn-momo" else paid_from or ""
    if (
        not account.startswith(SENT_BY_A_PERSON)
        or not tx.execute(_OURS, {"ledger_code": account, "currency": payout["currency"]}).scalar()
    ):
        raise NotPossibleNow(what="payout", state="no account to send from")
    reference = normal_id(provider_reference)[:REFERENCE_CHARS_MAX]
    if not reference:
        raise ReferenceUsed(reference="-")
    keep_evidence(tx, evidence, staff_id=staff_id, now=now, payout_id=payout_id)
    try:
        with tx.connection.begin_nested():
            end_paid(
                tx,
                payout,
                paid_from=account,
                provider_reference=reference,
                now=now,
                why=why,
                staff_id=staff_id,
            )
    except IntegrityError as error:
        if "uq_payout_paid_from_provider_reference" not in str(error.orig):
            raise
        raise ReferenceUsed(reference=reference) from None
