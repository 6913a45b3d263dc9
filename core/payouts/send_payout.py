"""Telling a provider to send money: a claimed outbox row, the stored reference, one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.models import OutboxRow
from core.messaging.outbox import Claimed
from core.payments.collector import RequestAnswer, RequestOutcome
from core.payments.disburser import DisbursementKind, Disburser, RefundRequest, TransferRequest
from core.payments.models import PaymentIntent, Receipt
from core.payouts.hold import CameBack, amount_of, end_refused, leave_on_balance
from core.payouts.models import Payout
from core.payouts.states import lock_payout, move

LOG = log("payouts.send_payout")
FIRST_ASK: Final = timedelta(seconds=5)
OTHER_PLATFORM: Final = "other_platform"  # the failure of one that only the provider's other platform can tell of
RAW_CHARS_MAX: Final = 200
PAYER_MESSAGE: Final = "Shabaka Wi-Fi"


def send_payout(
    row: Claimed,
    *,
    db: Database,
    disburser: Disburser,
    clock: Clock,
    callback_url: str,
    came_back: CameBack = leave_on_balance,
) -> None:
    """Send the payout of an outbox row. The same reference whenever it is sent again: the provider pays it once.

    An unknown outcome is tried again and asked about at the same time; whichever answers first wins. Only a refusal
    that no earlier sending can contradict gives the money back.
    """
    with db.reading() as connection:
        found = connection.execute(select(Payout).where(Payout.id == row.body["payout"])).mappings()
        payout = dict(found.one())
        refunds = _refunded(connection, payout)
    begun = clock.now()
    if payout["state"] != "approved":  # answered meanwhile, or given up: nothing is sent on a doubt
        db.run(lambda tx: outbox.done(tx, row.id, begun))
        return
    if payout["platform"] != disburser.platform:
        db.run(lambda tx: _leave_to_its_platform(tx, row, came_back, begun))
        LOG.error("payout of another platform", payout=payout["id"], platform=payout["platform"])
        return
    outcome = _call(disburser, payout, refunds, callback_url)
    now = clock.now()
    db.run(lambda tx: _record(tx, row, outcome, came_back, now))
    LOG.info("payout sent", payout=payout["id"], answer=outcome.answer, attempt=row.attempts)


def _record(tx: Transaction, row: Claimed, outcome: RequestOutcome, came_back: CameBack, now: datetime) -> None:
    payout = lock_payout(tx, row.body["payout"])
    raw = outcome.raw[:RAW_CHARS_MAX] or None
    if outcome.answer is RequestAnswer.UNKNOWN:
        outbox.again(tx, row.id, attempts=row.attempts, now=now, error=f"outcome unknown: {outcome.raw}")
        return
    first_try = _first_try(tx, row)  # before `done` forgets the last error
    outbox.done(tx, row.id, now)
    if outcome.answer is RequestAnswer.REFUSED:
        if payout["state"] != "approved":
            return
        failure = str(outcome.reason or "unknown")
        if first_try:
            why = {"answer": "refused", "raw": outcome.raw}
            end_refused(tx, payout, failure=failure, raw_failure=raw, now=now, why=why, came_back=came_back)
        else:
            # Refused is this sending; another, its answer lost, may have paid. Only the status can end it.
            _ask_at(tx, payout, now + FIRST_ASK, failure=failure, raw_failure=raw)
        return
    submitted = move(
        tx,
        payout_id=payout["id"],
        state=payout["state"],
        to="submitted",
        now=now,
        why={"answer": outcome.answer},
        submitted_at=now,
        ask_again_at=now + FIRST_ASK,
    )
    if not submitted and payout["state"] == "unknown":  # given up while the call hung: they have it all the same
        _ask_at(tx, payout, now + FIRST_ASK)


def _leave_to_its_platform(tx: Transaction, row: Claimed, came_back: CameBack, now: datetime) -> None:
    """We speak to another platform by now. Sent here as well, the payee could be paid on both.

    One that was never sent goes back; of any other only its own platform can tell, so a person must ask there.
    """
    payout = lock_payout(tx, row.body["payout"])
    never_sent = _first_try(tx, row)
    outbox.done(tx, row.id, now)
    if payout["state"] != "approved":
        return
    why = {"platform": payout["platform"]}
    if never_sent:
        end_refused(tx, payout, failure=OTHER_PLATFORM, raw_failure=None, now=now, why=why, came_back=came_back)
    else:
        move(
            tx,
            payout_id=payout["id"],
            state="approved",
            to="unknown",
            now=now,
            why=why,
            failure=OTHER_PLATFORM,
            ask_again_at=None,
        )


def _first_try(tx: Transaction, row: Claimed) -> bool:
    """Whether no other sending can have arrived: as the row stands now, for our lease may be over and another's begun.

    A pushed row counts from one again, but keeps its last error.
    """
    now = tx.execute(select(OutboxRow.attempts, OutboxRow.last_error).where(OutboxRow.id == row.id)).one()
    return bool(now.attempts == 1 and now.last_error is None)


def _ask_at(tx: Transaction, payout: Mapping[str, Any], due: datetime, **values: object) -> None:
    tx.execute(update(Payout).where(Payout.id == payout["id"]).values(ask_again_at=due, **values))


def _refunded(connection: Connection, payout: Mapping[str, Any]) -> UUID | None:
    """The reference of the collection that is given back; None: it is a transfer."""
    if payout["sent_as"] != DisbursementKind.REFUND:
        return None
    found: UUID = connection.execute(
        select(PaymentIntent.reference)
        .join(Receipt, Receipt.intent_id == PaymentIntent.id)
        .where(Receipt.id == payout["receipt_id"])
    ).scalar_one()
    return found


def _call(
    disburser: Disburser, payout: Mapping[str, Any], collection: UUID | None, callback_url: str
) -> RequestOutcome:
    reference: UUID = payout["reference"]
    amount, note = amount_of(payout), f"{payout['kind']} {payout['id']}"
    back = f"{callback_url}/{reference}"
    if collection is not None:
        return disburser.refund(
            RefundRequest(reference, collection, amount, str(reference), PAYER_MESSAGE, note, callback_url=back)
        )
    return disburser.transfer(
        TransferRequest(
            reference, amount, payout["payee_phone"], str(reference), PAYER_MESSAGE, note, callback_url=back
        )
    )
