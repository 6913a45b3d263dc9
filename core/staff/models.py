"""Tables of staff."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Json, Line, Phone, Prose, Ref, RowId, Table, Word


class StaffMember(Table):
    """Someone who works here. `session_mark` is part of the log-in cookie: changing it logs them out everywhere.

    Even out of a visit whose password was proven before the change and whose row is written after it.

    `phone`: where they are called when a router is down.
    """

    __tablename__ = "staff_member"
    id: Mapped[RowId]
    username: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[Line]
    role: Mapped[Word]
    language: Mapped[Word]
    password_hash: Mapped[Prose]
    session_mark: Mapped[Word]
    active: Mapped[bool]
    added_at: Mapped[Instant]
    phone: Mapped[Phone | None]
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'manager', 'cashier', 'technician')", name="role_known"),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("language IN ('en', 'ar')", name="language_known"),
    )


class StaffSession(Table):
    """A visit, from log-in to log-out. `mark` stands in its cookie, which is worth nothing once the row is gone."""

    __tablename__ = "staff_session"
    id: Mapped[RowId]
    staff_id: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    mark: Mapped[Word] = mapped_column(unique=True)
    began_at: Mapped[Instant]
    __table_args__ = (Index("ix_staff_session_staff_id_began_at", "staff_id", "began_at"),)


class LoginFailure(Table):
    """A failed log-in, counted per name and per address to slow guessing. In the database: no restart forgets it.

    `name_mark` is an HMAC of what was typed as a name: people type passwords there.
    """

    __tablename__ = "login_failure"
    id: Mapped[RowId]
    name_mark: Mapped[Line]
    address: Mapped[Word]
    at: Mapped[Instant]
    __table_args__ = (
        Index("ix_login_failure_name_mark_at", "name_mark", "at"),
        Index("ix_login_failure_address_at", "address", "at"),
    )


class AuditEntry(Table):
    """What a staff member did, to what, when. Never changed or deleted (a trigger refuses)."""

    __tablename__ = "audit_entry"
    id: Mapped[RowId]
    staff_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    act: Mapped[Word]
    subject: Mapped[Line]
    detail: Mapped[Json]
    at: Mapped[Instant]
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "id"),)
