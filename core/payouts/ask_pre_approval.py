"""Asking the provider what became of a consent, by the ladder; and once a day whether it still stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging.outbox import LEASE_S
from core.payments.ladder import next_ask
from core.payments.pre_approver import PreApprovalState, PreApprover
from core.payouts.auto_top_up import end_consent, tell_consent
from core.payouts.models import PreApproval
from core.payouts.request_pre_approval import lock_consent

LOG = log("payouts.ask_pre_approval")
LEASE: Final = timedelta(seconds=LEASE_S)
AGREED_ASKED_EVERY: Final = timedelta(days=1)  # people end it in MTN's own menu too
GIVEN_UP_AFTER: Final = timedelta(hours=24)  # a consent that nobody can tell of is none: nothing is charged by it

_CLAIM: Final = text("""
    UPDATE pre_approval SET ask_again_at = :lease, asks = asks + 1
    WHERE id = (SELECT id FROM pre_approval WHERE ask_again_at <= :now
                ORDER BY ask_again_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_due_pre_approval(db: Database, now: datetime) -> int | None:
    """Take the consent whose question is most due; None when none is."""
    consent_id = db.run(lambda tx: tx.execute(_CLAIM, {"now": now, "lease": now + LEASE}).scalar())
    return int(consent_id) if consent_id is not None else None


def ask_pre_approval(consent_id: int, *, db: Database, pre_approver: PreApprover, clock: Clock) -> str:
    """Ask about one consent and act. Returns its state afterwards.

    What is not clearly agreed is never charged by; past a day without an answer it is refused, and taken back.
    """
    with db.reading() as connection:
        query = select(PreApproval).where(PreApproval.id == consent_id)
        consent = dict(connection.execute(query).mappings().one())
    if consent["state"] in ("refused", "ended"):
        return str(consent["state"])
    says = PreApprovalState.UNKNOWN
    if consent["platform"] == pre_approver.platform:
        says = pre_approver.status(consent["reference"]).state
    now = clock.now()
    LOG.info("consent status", pre_approval=consent_id, says=says)
    return db.run(lambda tx: _act(tx, consent_id, says, now))


def _act(tx: Transaction, consent_id: int, says: PreApprovalState, now: datetime) -> str:
    consent = lock_consent(tx, consent_id)
    state = str(consent["state"])
    over = says in (PreApprovalState.REJECTED, PreApprovalState.EXPIRED, PreApprovalState.CANCELLED)
    if state == "agreed":
        if over:
            end_consent(tx, consent, "ended", now)
            return "ended"
        _ask_at(tx, consent_id, now + AGREED_ASKED_EVERY)
        return state
    if state not in ("created", "submitted"):
        return state
    if says is PreApprovalState.APPROVED:
        values = {"state": "agreed", "ask_again_at": now + AGREED_ASKED_EVERY}
        tx.execute(update(PreApproval).where(PreApproval.id == consent_id).values(**values))
        tell_consent(tx, consent, "auto_top_up_agreed", now)
        return "agreed"
    rung = next_ask(asks=consent["asks"], created_at=consent["asked_at"], now=now)
    if over or rung is None or now - consent["asked_at"] >= GIVEN_UP_AFTER:
        end_consent(tx, consent, "refused", now, tell="auto_top_up_refused")
        return "refused"
    _ask_at(tx, consent_id, rung)
    return state


def _ask_at(tx: Transaction, consent_id: int, due: datetime) -> None:
    tx.execute(update(PreApproval).where(PreApproval.id == consent_id).values(ask_again_at=due))
