"""Asking the provider what became of a payment, and acting on the answer once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.models import OutboxRow
from core.messaging.outbox import LEASE_S
from core.payments.alarms import raise_alarm
from core.payments.collector import CollectionState, CollectionStatus, Collector
from core.payments.ladder import EVERY_HOUR_UNTIL, next_ask, next_ask_of_unknown
from core.payments.limits import REQUEST_NOT_AFTER, WAITS_FOR_APPROVAL
from core.payments.models import PaymentIntent
from core.payments.request_payment import NEVER_SENT, OTHER_PLATFORM, charged, lock_state
from core.payments.settle import Fulfil, settle
from core.payments.states import OPEN, move
from core.payments.tell import tell_ended

LOG = log("payments.ask_payment")
LEASE: Final = timedelta(seconds=LEASE_S)
HINT_AGAIN: Final = timedelta(minutes=5)
HINT_WORTH: Final = timedelta(days=7)  # after that a person settles it with the provider's own report
# A page to pay on is open for 10 minutes (Orange web payment); those who began in time have these to end.
PAGE_LIVES: Final = timedelta(minutes=15)
EXPIRED_REASONS: Final = frozenset({"expired"})

# Taking an intent to ask about moves its next question beyond our timeouts, so that no second worker asks too.
_CLAIM: Final = text("""
    UPDATE payment_intent SET ask_again_at = :lease, asks = asks + 1
    WHERE id = (SELECT id FROM payment_intent WHERE ask_again_at <= :now
                ORDER BY ask_again_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_due(db: Database, now: datetime) -> int | None:
    """Take the intent whose question is most due; None when none is."""
    intent_id = db.run(lambda tx: tx.execute(_CLAIM, {"now": now, "lease": now + LEASE}).scalar())
    return int(intent_id) if intent_id is not None else None


def platform_of(db: Database, intent_id: int) -> str:
    """The platform that took an intent, or is to: whom to ask about it."""
    with db.reading() as connection:
        query = select(PaymentIntent.platform).where(PaymentIntent.id == intent_id)
        return str(connection.execute(query).scalar_one())


def ask_payment(
    intent_id: int, *, db: Database, collector: Collector, clock: Clock, fulfil: Mapping[str, Fulfil], code: str
) -> str:
    """Ask about one intent and act. Returns its state afterwards. `code` is what people dial, for the texts."""
    with db.reading() as connection:
        intent = dict(connection.execute(select(PaymentIntent).where(PaymentIntent.id == intent_id)).mappings().one())
    if intent["state"] == "paid":
        return "paid"
    if intent["platform"] != collector.platform:
        return _of_another_platform(intent, db=db, now=clock.now(), code=code)
    # Some providers know a request by the token they handed out for it, and only together with its amount.
    known = {"token": intent["provider_token"], "amount": charged(intent)} if intent["provider_token"] else {}
    status = collector.status(intent["reference"], **known)
    now = clock.now()
    LOG.info("momo status", intent=intent_id, says=status.state, reason=status.reason)
    if status.state is CollectionState.SUCCESSFUL:
        doubt = _doubt(intent, status)
        if doubt is None:
            return _credit(intent, status, db=db, now=now, fulfil=fulfil, code=code)
        facts = {"doubt": doubt, "says": str(status.amount), "asked": str(charged(intent))}
        _alarm(db, "payment_differs", intent, facts, now)
        return _end(intent, "unknown", _as_it_came(status, doubt), db=db, now=now, code=code, reason=doubt)
    if status.state is CollectionState.FAILED:
        to = "expired" if status.reason in EXPIRED_REASONS else "refused"
        return _end(intent, to, status, db=db, now=now, code=code, reason=status.reason or "unknown")
    if _abandoned(intent, status, now):
        return _end(intent, "expired", status, db=db, now=now, code=code, reason="expired")
    if status.state is CollectionState.NOT_FOUND and intent["state"] == "created":
        return _not_known(intent, status, db=db, now=now, code=code)
    return _later(intent, status, db=db, now=now, code=code)


def _alarm(db: Database, kind: str, intent: Mapping[str, Any], facts: Mapping[str, Any], now: datetime) -> None:
    """In a transaction of its own: what it is about may be rolled back."""
    db.run(lambda tx: raise_alarm(tx, kind=kind, subject=str(intent["reference"]), facts=facts, now=now))


def _abandoned(intent: Mapping[str, Any], status: CollectionStatus, now: datetime) -> bool:
    """Whether nobody came to the page where this was to be paid: its provider says no more than that it waits."""
    waits = status.state is CollectionState.PENDING and intent["state"] in OPEN
    return waits and intent["payment_url"] is not None and now - intent["created_at"] > PAGE_LIVES


def _doubt(intent: Mapping[str, Any], status: CollectionStatus) -> str | None:
    """Why a success must not be believed as it stands; None when it is the payment we asked for."""
    if status.amount is not None and status.amount != charged(intent):
        return "amount_differs"
    if status.payer_phone is not None and status.payer_phone != intent["payer_phone"]:
        return "payer_differs"
    if status.external_id is not None and status.external_id.lower() != str(intent["reference"]):
        return "reference_differs"
    return None


def _as_it_came(status: CollectionStatus, doubt: str) -> CollectionStatus:
    """The status with what whoever must settle it needs to know."""
    came = filter(None, (str(status.amount), status.payer_phone, status.provider_reference))
    return replace(status, raw_reason=f"{doubt}: {', '.join(came)}")


def _of_another_platform(intent: Mapping[str, Any], *, db: Database, now: datetime, code: str) -> str:
    """We speak to another platform by now, and what that one does not know says nothing: a person must ask there.

    While its request still waits to be sent, whoever sends knows better.
    """
    if intent["state"] == "created" and _request_of(intent, OutboxRow.state, db) == "waiting":
        return "created"
    if intent["state"] == "unknown":
        db.run(lambda tx: _ask_next(tx, intent, None))
        return "unknown"
    LOG.error("payment of another platform", intent=intent["id"], platform=intent["platform"])
    nothing = CollectionStatus(CollectionState.UNKNOWN, raw_reason=intent["platform"])
    return _end(intent, "unknown", nothing, db=db, now=now, code=code, reason=OTHER_PLATFORM)


def _credit(
    intent: dict[str, Any],
    status: CollectionStatus,
    *,
    db: Database,
    now: datetime,
    fulfil: Mapping[str, Fulfil],
    code: str,
) -> str:
    reference = status.provider_reference or str(intent["reference"])
    try:
        db.run(
            lambda tx: settle(
                tx,
                intent_id=intent["id"],
                provider_reference=reference,
                now=now,
                why={"says": "successful", "raw": status.raw},
                fulfil=fulfil,
            )
        )
    except IntegrityError as error:
        if "uq_receipt_provider_reference" not in str(error.orig):
            raise
        _alarm(db, "reference_reused", intent, {"provider_reference": reference}, now)
        return _end(intent, "unknown", status, db=db, now=now, code=code, reason="reference_reused")
    return "paid"


def _end(
    intent: Mapping[str, Any],
    to: str,
    status: CollectionStatus,
    *,
    db: Database,
    now: datetime,
    code: str,
    reason: str,
) -> str:
    raw_reason = (status.raw_reason or "")[:200] or None

    def work(tx: Transaction) -> str:
        state = lock_state(tx, intent["id"])
        if status.state is CollectionState.NOT_FOUND and state == "submitted" and intent["state"] != "submitted":
            return state  # accepted while we asked, and asked about at its own time
        why = {"says": status.state, "raw": status.raw}
        moved = move(
            tx, intent_id=intent["id"], state=state, to=to, now=now, why=why, reason=reason, raw_reason=raw_reason
        )
        # Asked about until it is known, also while a person looks; but not of one who cannot tell.
        open_still = to == "unknown" and state != "paid" and reason != OTHER_PLATFORM
        _ask_next(tx, intent, next_ask_of_unknown(created_at=intent["created_at"], now=now) if open_still else None)
        if state == to == "unknown":  # a person looks at it already: let them see what is known by now
            tx.execute(
                update(PaymentIntent)
                .where(PaymentIntent.id == intent["id"])
                .values(reason=reason, raw_reason=raw_reason)
            )
        # Who was told that nothing was taken hears from that person, not of our doubts.
        if moved and (state in OPEN or to != "unknown"):
            tell_ended(tx, intent_id=intent["id"], template=f"payment_{to}", now=now, code=code)
        return to if moved else state

    return db.run(work)


def _not_known(intent: Mapping[str, Any], status: CollectionStatus, *, db: Database, now: datetime, code: str) -> str:
    """They do not know a request they never accepted: its end, once no sending of it can come to light any more."""
    last_sending = intent["created_at"] + REQUEST_NOT_AFTER
    over = last_sending if intent["reason"] == NEVER_SENT else _comes_no_more_after(intent, last_sending, db)
    if now < over:
        return _later(intent, status, db=db, now=now, code=code, latest=over)
    # Another reason stands there when they refused it to our face while an earlier sending could have arrived.
    reason = intent["reason"] or "expired"
    return _end(
        intent,
        "expired" if reason in EXPIRED_REASONS else "refused",
        replace(status, raw_reason=intent["raw_reason"]),
        db=db,
        now=now,
        code=code,
        reason=reason,
    )


def _comes_no_more_after(intent: Mapping[str, Any], last_sending: datetime, db: Database) -> datetime:
    """When a request that they do not know cannot become a payment any more.

    Nothing is sent after `last_sending`; what was sent before has had its time to be approved by then.
    """
    tried_at: datetime | None = _request_of(intent, OutboxRow.attempted_at, db)
    return last_sending if tried_at is None else min(tried_at, last_sending) + WAITS_FOR_APPROVAL


def _request_of(intent: Mapping[str, Any], column: InstrumentedAttribute[Any], db: Database) -> Any:
    """What the outbox knows of sending its request."""
    this = (OutboxRow.kind == "momo.request", OutboxRow.key == str(intent["reference"]))
    with db.reading() as connection:
        return connection.execute(select(column).where(*this)).scalar()


def _later(
    intent: Mapping[str, Any],
    status: CollectionStatus,
    *,
    db: Database,
    now: datetime,
    code: str,
    latest: datetime | None = None,
) -> str:
    """No answer yet: the next rung of the ladder, at the `latest` as named; past its top a person must look."""
    age = now - intent["created_at"]
    if intent["state"] not in OPEN:
        # Hinted at after its end. Worth another question: a provider that does not answer at all, and a prompt
        # that is on the phone though we gave it up.
        worth = status.state is CollectionState.UNKNOWN or (
            status.state is CollectionState.PENDING and intent["state"] == "expired"
        )
        due = now + HINT_AGAIN if worth and age < HINT_WORTH else None
        if intent["state"] == "unknown" and (due is None or age >= EVERY_HOUR_UNTIL):
            due = next_ask_of_unknown(created_at=intent["created_at"], now=now)
        db.run(lambda tx: _ask_next(tx, intent, due))
        return str(intent["state"])
    rung = next_ask(asks=intent["asks"], created_at=intent["created_at"], now=now)
    if rung is None:
        return _end(intent, "unknown", status, db=db, now=now, code=code, reason="no_answer")
    next_at = min(rung, latest or rung)

    def work(tx: Transaction) -> str:
        state = lock_state(tx, intent["id"])
        if state in OPEN:
            _ask_next(tx, intent, next_at)
            if age > WAITS_FOR_APPROVAL:  # they wonder by now: tell the truth, once
                tell_ended(tx, intent_id=intent["id"], template="payment_unknown", now=now, code=code)
        return state

    return db.run(work)


def _ask_next(tx: Transaction, intent: Mapping[str, Any], due: datetime | None) -> None:
    """Set when to ask next. A callback that came while we asked has set it too: then its hint stands."""
    tx.execute(
        update(PaymentIntent)
        .where(
            PaymentIntent.id == intent["id"], PaymentIntent.ask_again_at.is_not_distinct_from(intent["ask_again_at"])
        )
        .values(ask_again_at=due)
    )
