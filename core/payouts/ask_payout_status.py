"""Asking the provider what became of a payout, and acting on the answer once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.models import OutboxRow
from core.messaging.outbox import LEASE_S
from core.payments.alarms import raise_alarm
from core.payments.collector import CollectionState
from core.payments.disburser import DisbursementStatus, Disburser
from core.payments.ladder import next_ask, next_ask_of_unknown
from core.payouts.hold import MOMO_ACCOUNT, CameBack, amount_of, end_paid, end_refused, leave_on_balance
from core.payouts.models import Payout
from core.payouts.send_payout import OTHER_PLATFORM, RAW_CHARS_MAX
from core.payouts.states import HELD, SENT, lock_payout, move

LOG = log("payouts.ask_payout_status")
LEASE: Final = timedelta(seconds=LEASE_S)

# Taking a payout to ask about moves its next question beyond our timeouts, so that no second worker asks too.
_CLAIM: Final = text("""
    UPDATE payout SET ask_again_at = :lease, asks = asks + 1
    WHERE id = (SELECT id FROM payout WHERE ask_again_at <= :now
                ORDER BY ask_again_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_due_payout(db: Database, now: datetime) -> int | None:
    """Take the payout whose question is most due; None when none is."""
    payout_id = db.run(lambda tx: tx.execute(_CLAIM, {"now": now, "lease": now + LEASE}).scalar())
    return int(payout_id) if payout_id is not None else None


def platform_of_payout(db: Database, payout_id: int) -> str:
    """The platform that sends a payout: whom to ask about it."""
    with db.reading() as connection:
        return str(connection.execute(select(Payout.platform).where(Payout.id == payout_id)).scalar_one())


def ask_payout_status(
    payout_id: int, *, db: Database, disburser: Disburser, clock: Clock, came_back: CameBack = leave_on_balance
) -> str:
    """Ask about one payout and act. Returns its state afterwards.

    That they do not know it is no answer: while its sending waits it is sent again under the same reference, and past
    the ladder's top it is unknown. An unknown one is asked about on, and its money stays held.
    """
    with db.reading() as connection:
        payout = dict(connection.execute(select(Payout).where(Payout.id == payout_id)).mappings().one())
    if payout["state"] in ("waiting", "paid", "cancelled"):
        return str(payout["state"])
    if payout["platform"] != disburser.platform:
        return _of_another_platform(payout, db=db, now=clock.now())
    status = disburser.status(payout["reference"], payout["sent_as"])
    now = clock.now()
    LOG.info("payout status", payout=payout_id, says=status.state, reason=status.reason)
    if status.state is CollectionState.SUCCESSFUL:
        doubt = _doubt(payout, status)
        if payout["state"] == "refused":
            return _paid_after_all(payout, status, db=db, now=now)
        if doubt is None:
            return _paid(payout, status, db=db, now=now)
        facts = {"doubt": doubt, "says": str(status.amount), "asked": str(amount_of(payout))}
        _alarm(db, "payout_differs", payout, facts, now)
        return _doubtful(payout, status, doubt, db=db, now=now)
    if status.state is CollectionState.FAILED:
        return _refused(payout, status, db=db, now=now, came_back=came_back)
    return _later(payout, db=db, now=now)


def _doubt(payout: Mapping[str, Any], status: DisbursementStatus) -> str | None:
    """Why a success must not be believed as it stands; None when it is the payout we asked for."""
    if status.amount is not None and status.amount != amount_of(payout):
        return "amount_differs"
    if status.payee_phone is not None and status.payee_phone != payout["payee_phone"]:
        return "payee_differs"
    if status.external_id is not None and status.external_id.lower() != str(payout["reference"]):
        return "reference_differs"
    return None


def _paid(payout: Mapping[str, Any], status: DisbursementStatus, *, db: Database, now: datetime) -> str:
    reference = status.provider_reference or str(payout["reference"])

    def work(tx: Transaction) -> str:
        locked = lock_payout(tx, payout["id"])
        if locked["state"] in HELD:
            why = {"says": "successful", "raw": status.raw}
            end_paid(tx, locked, paid_from=MOMO_ACCOUNT, provider_reference=reference, now=now, why=why)
            return "paid"
        return str(locked["state"])

    try:
        state = db.run(work)
    except IntegrityError as error:
        if "uq_payout_paid_from_provider_reference" not in str(error.orig):
            raise
        _alarm(db, "reference_reused", payout, {"provider_reference": reference}, now)
        return _doubtful(payout, status, "reference_reused", db=db, now=now)
    return _paid_after_all(payout, status, db=db, now=now) if state == "refused" else state


def _refused(
    payout: Mapping[str, Any], status: DisbursementStatus, *, db: Database, now: datetime, came_back: CameBack
) -> str:
    def work(tx: Transaction) -> str:
        locked = lock_payout(tx, payout["id"])
        if locked["state"] not in HELD:
            _ask_next(tx, payout, None)
            return str(locked["state"])
        end_refused(
            tx,
            locked,
            failure=str(status.reason or "unknown"),
            raw_failure=(status.raw_reason or "")[:RAW_CHARS_MAX] or None,
            now=now,
            why={"says": "failed", "raw": status.raw},
            came_back=came_back,
        )
        return "refused"

    return db.run(work)


def _doubtful(payout: Mapping[str, Any], status: DisbursementStatus, doubt: str, *, db: Database, now: datetime) -> str:
    """They say paid, and not what we sent: a person must look. The money stays held, and we ask on."""
    came = ", ".join(filter(None, (str(status.amount), status.payee_phone, status.provider_reference)))
    values = {"failure": doubt, "raw_failure": f"{doubt}: {came}"[:RAW_CHARS_MAX]}
    return _give_up(payout, db=db, now=now, why={"says": status.state, "raw": status.raw}, **values)


def _give_up(payout: Mapping[str, Any], *, db: Database, now: datetime, why: Mapping[str, Any], **values: Any) -> str:
    """Nobody can say how it ended. Asked about on, but not of one who cannot tell."""
    asked_on = values["failure"] != OTHER_PLATFORM
    due = next_ask_of_unknown(created_at=payout["approved_at"], now=now) if asked_on else None

    def work(tx: Transaction) -> str:
        state = str(lock_payout(tx, payout["id"])["state"])
        if state in SENT:
            move(tx, payout_id=payout["id"], state=state, to="unknown", now=now, why=why, **values)
        elif state == "unknown":  # a person looks at it already: let them see what is known by now
            tx.execute(update(Payout).where(Payout.id == payout["id"]).values(**values))
        else:
            return state
        _ask_next(tx, payout, due)
        return "unknown"

    return db.run(work)


def _later(payout: Mapping[str, Any], *, db: Database, now: datetime) -> str:
    """No answer yet: the next rung of the ladder; past its top a person must look."""
    if payout["state"] in SENT:
        rung = next_ask(asks=payout["asks"], created_at=payout["approved_at"], now=now)
        if rung is None:
            nothing = {"failure": payout["failure"] or "no_answer", "raw_failure": payout["raw_failure"]}
            return _give_up(payout, db=db, now=now, why={"says": "nothing"}, **nothing)
    else:
        rung = next_ask_of_unknown(created_at=payout["approved_at"], now=now) if payout["state"] == "unknown" else None
    db.run(lambda tx: _ask_next(tx, payout, rung))
    return str(payout["state"])


def _of_another_platform(payout: Mapping[str, Any], *, db: Database, now: datetime) -> str:
    """We speak to another platform by now, and what that one does not know says nothing: a person must ask there.

    While its sending still waits, whoever sends knows better.
    """
    if payout["state"] == "approved" and _sending(payout, db) == "waiting":
        return "approved"
    LOG.error("payout of another platform", payout=payout["id"], platform=payout["platform"])
    values = {"failure": OTHER_PLATFORM, "raw_failure": payout["platform"]}
    return _give_up(payout, db=db, now=now, why={"platform": payout["platform"]}, **values)


def _paid_after_all(payout: Mapping[str, Any], status: DisbursementStatus, *, db: Database, now: datetime) -> str:
    """Its money is back with whom it came from, and they say it went: somebody must know at once."""
    facts = {"says": str(status.amount), "provider_reference": status.provider_reference}
    _alarm(db, "paid_after_refusal", payout, facts, now)
    db.run(lambda tx: _ask_next(tx, payout, None))
    return "refused"


def _sending(payout: Mapping[str, Any], db: Database) -> Any:
    this = (OutboxRow.kind == "payout.send", OutboxRow.key == str(payout["reference"]))
    with db.reading() as connection:
        return connection.execute(select(OutboxRow.state).where(*this)).scalar()


def _alarm(db: Database, kind: str, payout: Mapping[str, Any], facts: Mapping[str, Any], now: datetime) -> None:
    """In a transaction of its own: what it is about may be rolled back."""
    db.run(lambda tx: raise_alarm(tx, kind=kind, subject=f"payout:{payout['id']}", facts=facts, now=now))


def _ask_next(tx: Transaction, payout: Mapping[str, Any], due: datetime | None) -> None:
    """Set when to ask next. A callback that came while we asked has set it too: then its hint stands."""
    this = (Payout.id == payout["id"], Payout.ask_again_at.is_not_distinct_from(payout["ask_again_at"]))
    tx.execute(update(Payout).where(*this).values(ask_again_at=due))
