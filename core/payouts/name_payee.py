"""Finding out whose wallet a payout would go to, before anybody approves it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.payments.disburser import Disburser
from core.payouts.models import Payout

LOG = log("payouts.name_payee")
NAME_CHARS_MAX: Final = 200
TRIES_MAX: Final = 3  # a provider that does not answer is asked again; whoever waits then decides without the name


def name_payee(row: Claimed, *, db: Database, disburser: Disburser, clock: Clock) -> None:
    """Ask for the name on the payee's wallet, and whether it is active; keep what they say, also if that is nothing."""
    with db.reading() as connection:
        query = select(Payout.payee_phone, Payout.state).where(Payout.id == row.body["payout"])
        payout = connection.execute(query).one()
    active = name = None
    if payout.state == "waiting":
        active = disburser.holder_active(payout.payee_phone)
        name = disburser.holder_name(payout.payee_phone) if active is not False else None
    now = clock.now()

    def work(tx: Transaction) -> None:
        if active is None and name is None and payout.state == "waiting" and row.attempts < TRIES_MAX:
            outbox.again(tx, row.id, attempts=row.attempts, now=now, error="they would not say")
            return
        outbox.done(tx, row.id, now)
        if payout.state == "waiting":
            values = {"payee_active": active, "payee_name": name and name[:NAME_CHARS_MAX], "payee_checked_at": now}
            tx.execute(update(Payout).where(Payout.id == row.body["payout"]).values(values))

    db.run(work)
    LOG.info("payee asked for", payout=row.body["payout"], active=active, named=name is not None)
