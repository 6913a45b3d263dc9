"""The phone on which somebody who works here is called when a router is down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from core.db.engine import Transaction
from core.errors import NotFound
from core.phones import parse_phone
from core.staff.audit import write
from core.staff.models import StaffMember


def set_phone(tx: Transaction, *, username: str, typed: str, now: datetime, by: int | None) -> None:
    """Note somebody's phone as it was typed; nothing typed takes it away.

    Raises:
        NotFound: nobody has this name.
        InvalidPhone, ForeignPhone, NotMobile: no text could reach it.
    """
    phone = parse_phone(typed) if typed.strip() else None
    moved = update(StaffMember).where(StaffMember.username == username.strip().lower()).values(phone=phone)
    if tx.execute(moved.returning(StaffMember.id)).first() is None:
        raise NotFound(what="staff member")
    write(tx, staff_id=by, act="staff_phone_set", subject=f"staff:{username.strip().lower()}", now=now)
