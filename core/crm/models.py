"""Tables of customer relations."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Line, Phone, Prose, Ref, RowId, Table, Word


class Ticket(Table):
    """A fault someone reported."""

    __tablename__ = "ticket"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    phone: Mapped[Phone]
    hotspot_id: Mapped[Ref | None] = mapped_column(ForeignKey("hotspot.id"))
    fault: Mapped[Word]
    note: Mapped[Prose]
    state: Mapped[Word]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("fault IN ('no_internet', 'slow', 'cannot_log_in', 'money', 'other')", name="fault_known"),
        CheckConstraint("state IN ('open', 'closed')", name="state_known"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_is_dated"),
        Index("ix_ticket_state", "state", "id"),
    )
