"""Named reads about staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from core.staff.models import AuditEntry, StaffMember, StaffSession

ACTS_SHOWN_MAX: Final = 50
MEMBERS_SHOWN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who works here, as a page needs them."""

    staff_id: int
    username: str
    name: str
    role: str
    language: str
    active: bool
    session_mark: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody who is called when a router is down."""

    staff_id: int
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the trail."""

    at: datetime
    who: str | None
    act: str
    subject: str
    detail: Mapping[str, Any]


def member_of_session(connection: Connection, session_mark: str, visit: str) -> Member | None:
    """Whose visit this is. None: they logged out, were shut out, or their password was reset since.

    One read, by the unique index on the visit's mark: it stands before every page.
    """
    found = _members(
        connection,
        StaffSession.mark == visit,
        StaffMember.id == StaffSession.staff_id,
        StaffMember.session_mark == session_mark,
        StaffMember.active.is_(True),
    )
    return found[0] if found else None


def member_named(connection: Connection, username: str) -> Member | None:
    """The staff member who logs in with this name."""
    found = _members(connection, StaffMember.username == username.strip().lower())
    return found[0] if found else None


def everyone(connection: Connection) -> list[Member]:
    """All staff, those at work first."""
    return _members(connection)


def called_for_routers(connection: Connection) -> list[Called]:
    """The technicians who work here and have a phone; where none has, the admins."""
    people = connection.execute(
        select(StaffMember.id, StaffMember.phone, StaffMember.language, StaffMember.role)
        .where(StaffMember.active, StaffMember.phone.is_not(None), StaffMember.role.in_(("technician", "admin")))
        .order_by(StaffMember.id)
    ).all()
    technicians = [person for person in people if person.role == "technician"]
    return [Called(row.id, row.phone or "", row.language) for row in technicians or people]


def last_acts(connection: Connection) -> list[Act]:
    """What staff did last, newest first."""
    rows = connection.execute(
        select(AuditEntry.at, StaffMember.name, AuditEntry.act, AuditEntry.subject, AuditEntry.detail)
        .outerjoin(StaffMember, StaffMember.id == AuditEntry.staff_id)
        .order_by(AuditEntry.id.desc())
        .limit(ACTS_SHOWN_MAX)
    )
    return [Act(row.at, row.name, row.act, row.subject, row.detail) for row in rows]


def _members(connection: Connection, *which: ColumnElement[bool]) -> list[Member]:
    rows = connection.execute(
        select(
            StaffMember.id,
            StaffMember.username,
            StaffMember.name,
            StaffMember.role,
            StaffMember.language,
            StaffMember.active,
            StaffMember.session_mark,
            StaffMember.phone,
        )
        .where(*which)
        .order_by(StaffMember.active.desc(), StaffMember.username)
        .limit(MEMBERS_SHOWN_MAX)
    )
    return [
        Member(row.id, row.username, row.name, row.role, row.language, row.active, row.session_mark, row.phone)
        for row in rows
    ]
