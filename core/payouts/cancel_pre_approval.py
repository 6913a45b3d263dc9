"""Taking a consent to be charged back at the provider."""

from __future__ import annotations

from sqlalchemy import select

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.payments.pre_approver import PreApprover
from core.payouts.models import PreApproval

LOG = log("payouts.cancel_pre_approval")


def cancel_pre_approval(row: Claimed, *, db: Database, pre_approver: PreApprover, clock: Clock) -> None:
    """Take a consent back at the provider. What they do not know, or never took, needs no taking back."""
    with db.reading() as connection:
        query = select(PreApproval.reference, PreApproval.platform).where(PreApproval.id == row.body["pre_approval"])
        consent = connection.execute(query).one()
    gone: bool | None = None
    if consent.platform == pre_approver.platform:
        gone = pre_approver.cancel(consent.reference)
    now = clock.now()

    def work(tx: Transaction) -> None:
        if gone or consent.platform != pre_approver.platform:
            outbox.done(tx, row.id, now)
        else:
            outbox.again(tx, row.id, attempts=row.attempts, now=now, error="they would not say")

    db.run(work)
    LOG.info("consent taken back", pre_approval=row.body["pre_approval"], gone=gone)
