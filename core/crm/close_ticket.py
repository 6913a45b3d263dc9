"""Closing a fault that is mended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from core.crm.models import Ticket
from core.db.engine import Transaction
from core.staff import audit


def close_ticket(tx: Transaction, ticket_id: int, *, staff_id: int, now: datetime) -> bool:
    """Close the fault and write down who did. False when there is no such fault, or it was closed before."""
    closed = tx.execute(
        update(Ticket)
        .where(Ticket.id == ticket_id, Ticket.state == "open")
        .values(state="closed", closed_at=now)
        .returning(Ticket.id)
    ).scalar()
    if closed is None:
        return False
    audit.write(tx, staff_id=staff_id, act="ticket_closed", subject=f"ticket:{ticket_id}", now=now)
    return True
