"""Asking the provider to send the payer its own note of a payment that was made. Kind, and never in anybody's way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.languages import marked as _
from core.languages import say
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.payments.collector import Collector
from core.payments.models import PaymentIntent, Receipt

TRIES_MAX: Final = 3
NOTE: Final = _("Shabaka: paid, receipt {receipt}.")


def send_note(row: Claimed, *, db: Database, collectors: Mapping[str, Collector], clock: Clock) -> None:
    """Have the note sent by the platform that took the payment. Given up after `TRIES_MAX`: our own text went too."""
    with db.reading() as connection:
        found = connection.execute(
            select(PaymentIntent.platform, PaymentIntent.reference, Receipt.number)
            .join(Receipt, Receipt.intent_id == PaymentIntent.id)
            .where(PaymentIntent.id == row.body["intent"])
        ).one()
    collector = collectors.get(found.platform)
    told = collector is None or collector.notify(found.reference, say("en", NOTE, receipt=found.number), "en")

    def record(tx: Transaction) -> None:
        if told or row.attempts >= TRIES_MAX:
            outbox.done(tx, row.id, clock.now())
        else:
            outbox.again(tx, row.id, attempts=row.attempts, now=clock.now(), error="note not taken")

    db.run(record)
