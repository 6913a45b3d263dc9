"""Asking a phone for its consent: a claimed outbox row, the stored reference, one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.money import Money
from core.payments.collector import RequestAnswer, RequestOutcome
from core.payments.pre_approver import PreApprovalRequest, PreApprover
from core.payouts.auto_top_up import end_consent
from core.payouts.limits import CONSENT_ASKED_NOT_AFTER
from core.payouts.models import PreApproval

LOG = log("payouts.request_pre_approval")
FIRST_ASK: Final = timedelta(seconds=5)


def request_pre_approval(
    row: Claimed, *, db: Database, pre_approver: PreApprover, clock: Clock, callback_url: str
) -> None:
    """Send the request of an outbox row, under the same reference whenever it is sent again.

    Nobody is prompted long after they wished for it, nor on a platform we do not speak to any more: then it is refused,
    and taken back there in case an earlier sending arrived.
    """
    with db.reading() as connection:
        query = select(PreApproval).where(PreApproval.id == row.body["pre_approval"])
        consent = dict(connection.execute(query).mappings().one())
    begun = clock.now()
    if consent["state"] != "created":
        db.run(lambda tx: outbox.done(tx, row.id, begun))
        return
    late = begun - consent["asked_at"] >= CONSENT_ASKED_NOT_AFTER
    if late or consent["platform"] != pre_approver.platform:
        db.run(lambda tx: _refuse(tx, row, begun))
        return
    outcome = pre_approver.request(_request(consent, callback_url, begun))
    now = clock.now()
    db.run(lambda tx: _record(tx, row, outcome, now))
    LOG.info("consent asked for", pre_approval=consent["id"], answer=outcome.answer, attempt=row.attempts)


def _request(consent: Mapping[str, Any], callback_url: str, now: datetime) -> PreApprovalRequest:
    return PreApprovalRequest(
        reference=consent["reference"],
        payer_phone=consent["phone"],
        amount=Money(consent["amount_minor"], consent["currency"]),
        valid_for=consent["valid_until"] - now,
        payer_message="Shabaka top-up by itself",
        callback_url=f"{callback_url}/{consent['reference']}",
    )


def _record(tx: Transaction, row: Claimed, outcome: RequestOutcome, now: datetime) -> None:
    consent = lock_consent(tx, row.body["pre_approval"])
    if outcome.answer is RequestAnswer.UNKNOWN:
        outbox.again(tx, row.id, attempts=row.attempts, now=now, error=f"outcome unknown: {outcome.raw}")
        return
    if outcome.answer is RequestAnswer.REFUSED:
        _refuse(tx, row, now)
        return
    outbox.done(tx, row.id, now)
    if consent["state"] == "created":
        values = {"state": "submitted", "ask_again_at": now + FIRST_ASK}
        tx.execute(update(PreApproval).where(PreApproval.id == consent["id"]).values(**values))


def _refuse(tx: Transaction, row: Claimed, now: datetime) -> None:
    consent = lock_consent(tx, row.body["pre_approval"])
    outbox.done(tx, row.id, now)
    if consent["state"] == "created":
        end_consent(tx, consent, "refused", now, tell="auto_top_up_refused")


def lock_consent(tx: Transaction, consent_id: int) -> Mapping[str, Any]:
    """The consent as it is now, locked until the transaction ends."""
    query = select(PreApproval).where(PreApproval.id == consent_id).with_for_update()
    return dict(tx.execute(query).mappings().one())
