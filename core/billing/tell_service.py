"""Texting the credentials of a service to its customer: the one way they leave the house."""

from __future__ import annotations

from datetime import datetime

from core.access.grant import Granted
from core.catalog.tariffs import TariffTerms
from core.customers.queries import account
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.sealing import Sealer


def text_credentials(
    tx: Transaction, *, customer_id: int, granted: Granted, terms: TariffTerms, now: datetime, sealer: Sealer
) -> bool:
    """Queue fresh credentials to the customer's main phone, once per grant. False: they were queued before.

    The tariff has names in English and Arabic; in Latin letters the English one is read.
    """
    customer = account(tx.connection, customer_id)
    return queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template="service_ready",
        key=f"service:{granted.grant_id}",
        now=now,
        facts={"tariff": terms.name(customer.tongue)},
        secrets={"username": granted.username, "password": granted.password},
        sealer=sealer,
    )
