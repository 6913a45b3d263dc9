"""Asking a provider to prompt the payer: a claimed outbox row, the stored reference, one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.models import OutboxRow
from core.messaging.outbox import Claimed
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    Collector,
    FailureReason,
    Preparation,
    RequestAnswer,
    RequestOutcome,
)
from core.payments.limits import REQUEST_NOT_AFTER
from core.payments.models import PaymentIntent
from core.payments.states import OPEN, move
from core.payments.tell import tell_ended, tell_where

LOG = log("payments.request_payment")
SLOW: Final = timedelta(seconds=20)  # spent on what comes before the request itself
FIRST_ASK: Final = timedelta(seconds=5)
NEVER_SENT: Final = "expired"  # the reason of an open intent whose only try came too late
OTHER_PLATFORM: Final = "other_platform"  # the reason of one that only the provider's other platform can tell of


def request_payment(
    row: Claimed, *, db: Database, collector: Collector, clock: Clock, callback_url: str, code: str
) -> None:
    """Send the request of an outbox row. The same reference whenever it is sent again: the provider makes it once.

    A phone without a wallet is not asked at all. Where the provider hands out a token first, it is stored before the
    request is sent. An unknown outcome is tried again and asked about at the same time; whichever answers first wins.
    Past `REQUEST_NOT_AFTER` nothing is sent any more: then only the status says how it ends.
    """
    with db.reading() as connection:
        found = connection.execute(select(PaymentIntent).where(PaymentIntent.id == row.body["intent"])).mappings()
        intent = dict(found.one())
    begun = clock.now()
    if intent["state"] != "created":  # answered meanwhile, or given up: pushed days later it must prompt nobody
        db.run(lambda tx: outbox.done(tx, row.id, begun))
        return
    if intent["platform"] != collector.platform:
        db.run(lambda tx: _leave_to_its_platform(tx, row, intent, now=begun, code=code))
        LOG.error("momo request of another platform", intent=intent["id"], platform=intent["platform"])
        return
    if begun - intent["created_at"] >= REQUEST_NOT_AFTER:
        db.run(lambda tx: _leave_to_the_status(tx, row, intent, begun))
        LOG.info("momo request too late", intent=intent["id"], attempt=row.attempts)
        return
    if row.attempts == 1 and collector.holder_active(intent["payer_phone"]) is False:
        nobody = RequestOutcome(RequestAnswer.REFUSED, FailureReason.PAYER_NOT_FOUND, "account holder is not active")
        db.run(lambda tx: _record(tx, row, intent, nobody, now=clock.now(), code=code))
        return
    request = _request(intent, callback_url)
    token = intent["provider_token"]
    if token is None and (preparation := collector.prepare(request)) is not None:
        if preparation.answer is not RequestAnswer.ACCEPTED or preparation.token is None:
            failed = RequestOutcome(preparation.answer, preparation.reason, preparation.raw)
            db.run(lambda tx: _record(tx, row, intent, failed, now=clock.now(), code=code))
            return
        token = db.run(lambda tx: _keep(tx, intent, preparation, clock.now()))
    if clock.now() - begun > SLOW:  # our lease would be over before another call was: begin again, knowing what we know
        db.run(lambda tx: outbox.again(tx, row.id, attempts=row.attempts, now=clock.now(), error="slow provider"))
        return
    outcome = collector.request(request, token) if token else collector.request(request)
    now = clock.now()
    db.run(lambda tx: _record(tx, row, intent, outcome, now=now, code=code))
    LOG.info("momo request", intent=intent["id"], answer=outcome.answer, attempt=row.attempts)


def _request(intent: Mapping[str, Any], callback_url: str) -> CollectionRequest:
    return CollectionRequest(
        reference=intent["reference"],
        amount=charged(intent),
        payer_phone=intent["payer_phone"],
        external_id=str(intent["reference"]),
        payer_message="Shabaka Wi-Fi",
        payee_note=f"{intent['purpose']} {intent['id']}",
        # MTN may leave our reference out of what it sends; Orange takes short addresses, and names its own token.
        callback_url=f"{callback_url}/{intent['reference']}" if intent["rail"] == "mtn-momo" else callback_url,
    )


def charged(intent: Mapping[str, Any]) -> Money:
    """What the payer is asked for: in the provider's currency, where that is another."""
    if intent["charged_currency"] is not None:
        return Money(intent["charged_minor"], intent["charged_currency"])
    return Money(intent["amount_minor"], intent["currency"])


def _keep(tx: Transaction, intent: Mapping[str, Any], preparation: Preparation, now: datetime) -> str:
    """Store what the provider knows the request by, before it is sent; the token stored.

    Of two workers whose leases overlapped the first has stored one, and that one counts. Who pays on a page is texted
    where it is.
    """
    first: str | None = tx.execute(
        select(PaymentIntent.provider_token).where(PaymentIntent.id == intent["id"]).with_for_update()
    ).scalar_one()
    if first is not None:
        return first
    tx.execute(
        update(PaymentIntent)
        .where(PaymentIntent.id == intent["id"])
        .values(
            provider_token=preparation.token,
            notify_token=preparation.notify_token,
            payment_url=preparation.payment_url,
        )
    )
    if preparation.payment_url is not None:
        tell_where(tx, intent=intent, link=preparation.payment_url, now=now)
    return preparation.token or ""


def _record(
    tx: Transaction, row: Claimed, intent: Mapping[str, Any], outcome: RequestOutcome, *, now: datetime, code: str
) -> None:
    state = lock_state(tx, intent["id"])
    refused = outcome.answer is RequestAnswer.REFUSED
    if outcome.answer is RequestAnswer.UNKNOWN:
        outbox.again(tx, row.id, attempts=row.attempts, now=now, error=f"outcome unknown: {outcome.raw}")
    elif refused and state == "created" and _first_try(tx, row):
        outbox.done(tx, row.id, now)
        reason, raw_reason = outcome.reason or "unknown", outcome.raw[:200]
        why = {"answer": "refused", "raw": outcome.raw}
        _end(tx, intent, "refused", reason=reason, raw_reason=raw_reason, why=why, now=now, code=code)
    elif refused:
        # Refused is this sending; another, its answer lost or late, may be on the phone. Only the status can end it.
        outbox.done(tx, row.id, now)
        if state == "created":
            _ask_at(
                tx, intent, now + FIRST_ASK, reason=outcome.reason or "unknown", raw_reason=outcome.raw[:200] or None
            )
    else:
        outbox.done(tx, row.id, now)
        moved = move(
            tx,
            intent_id=intent["id"],
            state=state,
            to="submitted",
            now=now,
            why={"answer": outcome.answer},
            submitted_at=now,
            ask_again_at=now + FIRST_ASK,
        )
        if not moved and state not in {"submitted", "paid"}:
            # Ended while the call hung: it is on the phone all the same.
            _ask_at(tx, intent, now + FIRST_ASK)


def _end(tx: Transaction, intent: Mapping[str, Any], to: str, *, now: datetime, code: str, **values: Any) -> None:
    """End an intent that is locked and `created`, and text the customer."""
    move(tx, intent_id=intent["id"], state="created", to=to, now=now, ask_again_at=None, **values)
    tell_ended(tx, intent_id=intent["id"], template=f"payment_{to}", now=now, code=code)


def _leave_to_its_platform(
    tx: Transaction, row: Claimed, intent: Mapping[str, Any], *, now: datetime, code: str
) -> None:
    """We speak to another platform by now. Sent here as well, the payer could pay on both.

    One that was never sent has ended; of any other only its own platform can tell, so a person must ask there.
    """
    state = lock_state(tx, intent["id"])
    never_sent = _first_try(tx, row)
    outbox.done(tx, row.id, now)
    if state == "created":
        to, reason = ("expired", NEVER_SENT) if never_sent else ("unknown", OTHER_PLATFORM)
        _end(tx, intent, to, reason=reason, why={"platform": intent["platform"]}, now=now, code=code)


def _leave_to_the_status(tx: Transaction, row: Claimed, intent: Mapping[str, Any], now: datetime) -> None:
    """Send nothing any more; ask at once what became of earlier sendings, if there were any."""
    state = lock_state(tx, intent["id"])
    never_sent = _first_try(tx, row)
    outbox.done(tx, row.id, now)
    if state in OPEN:
        _ask_at(tx, intent, now, **({"reason": NEVER_SENT} if never_sent else {}))
        tx.ring("momo.ask")


def _first_try(tx: Transaction, row: Claimed) -> bool:
    """Whether no other sending can have arrived: as the row stands now, for our lease may be over and another's begun.

    A pushed row counts from one again, but keeps its last error.
    """
    now = tx.execute(select(OutboxRow.attempts, OutboxRow.last_error).where(OutboxRow.id == row.id)).one()
    return bool(now.attempts == 1 and now.last_error is None)


def _ask_at(tx: Transaction, intent: Mapping[str, Any], due: datetime, **values: object) -> None:
    tx.execute(update(PaymentIntent).where(PaymentIntent.id == intent["id"]).values(ask_again_at=due, **values))


def lock_state(tx: Transaction, intent_id: int) -> str:
    """Lock the intent until the transaction ends; its present state."""
    return str(
        tx.execute(select(PaymentIntent.state).where(PaymentIntent.id == intent_id).with_for_update()).scalar_one()
    )
