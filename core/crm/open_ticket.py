"""Noting a fault someone reports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert

from core.crm.models import Ticket
from core.customers.queries import Account
from core.db.engine import Transaction
from core.ids import with_check_digit
from core.messaging.queue_text import queue_text


def open_ticket(
    tx: Transaction,
    *,
    request_key: str,
    customer: Account,
    phone: str,
    fault: str,
    hotspot_id: int | None,
    now: datetime,
) -> str | None:
    """Note the fault and text its number, once per request. Returns the number; None when it was noted before."""
    ticket_id = tx.execute(
        upsert(Ticket)
        .values(
            request_key=request_key,
            customer_id=customer.customer_id,
            phone=phone,
            hotspot_id=hotspot_id,
            fault=fault,
            note="",
            state="open",
            opened_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Ticket.request_key])
        .returning(Ticket.id)
    ).scalar()
    if ticket_id is None:
        return None
    number = with_check_digit(ticket_id)
    queue_text(
        tx,
        phone=phone,
        tongue=customer.tongue,
        template="fault_heard",
        key=f"ticket:{ticket_id}",
        now=now,
        facts={"number": number},
    )
    return number
