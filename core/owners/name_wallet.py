"""Asking MTN whose wallet an owner's money is to go to, before it goes there."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from core.clock import Clock
from core.customers.queries import account
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.messaging.queue_text import queue_text
from core.owners.models import MomoCode, WifiOwner
from core.payments.disburser import Disburser
from core.payouts.name_payee import NAME_CHARS_MAX, TRIES_MAX
from core.phones import national

LOG: Final = log("owners.name_wallet")


def name_wallet(row: Claimed, *, db: Database, disburser: Disburser, clock: Clock) -> None:
    """Keep what they say of the phone, also where it was confirmed meanwhile; where they say nothing, nothing.

    One that has no wallet and was confirmed meanwhile stands no more: nothing is paid out there, and its owner is told.
    """
    owner_id, phone = row.body["owner"], row.body["phone"]
    active = disburser.holder_active(phone)
    name = disburser.holder_name(phone) if active is not False else None
    now = clock.now()

    def work(tx: Transaction) -> None:
        if active is None and name is None and row.attempts < TRIES_MAX:
            outbox.again(tx, row.id, attempts=row.attempts, now=now, error="they would not say")
            return
        outbox.done(tx, row.id, now)
        told = name and name[:NAME_CHARS_MAX]
        asked = update(MomoCode).where(MomoCode.owner_id == owner_id, MomoCode.phone == phone)
        tx.execute(asked.values(wallet_active=active, wallet_name=told))
        stands = update(WifiOwner).where(WifiOwner.customer_id == owner_id, WifiOwner.momo_phone == phone)
        if active is not False:
            tx.execute(stands.values(momo_name=told))
            return
        gone = stands.values(momo_phone=None, momo_name=None, momo_confirmed_at=None)
        if tx.execute(gone.returning(WifiOwner.customer_id)).scalar() is not None:
            owner = account(tx.connection, owner_id)
            queue_text(
                tx,
                phone=owner.main_phone,
                tongue=owner.tongue,
                template="momo_no_wallet",
                key=f"momo_wallet:{row.id}",
                now=now,
                facts={"phone": national(phone, spaced=owner.tongue != "ar")},
            )

    db.run(work)
    LOG.info("wallet of an owner asked for", owner=owner_id, active=active, named=name is not None)
