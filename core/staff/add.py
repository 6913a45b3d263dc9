"""Staff accounts: adding, a new password, in and out of work."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Database, Transaction
from core.errors import InvalidName, InvalidUsername, LastAdmin, NotFound, UsernameTaken
from core.ids import Ids
from core.staff.audit import write
from core.staff.log_in import prove
from core.staff.models import StaffMember
from core.staff.passwords import hash_password
from core.staff.queries import Member
from core.staff.roles import Role
from core.staff.sessions import end_sessions_of

USERNAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")
NAME_CHARS_MAX: Final = 60
SESSION_MARK_CHARS: Final = 24  # of 20 letters: 104 bits


def add_member(
    tx: Transaction,
    *,
    username: str,
    name: str,
    role: Role,
    language: str,
    password: str,
    now: datetime,
    ids: Ids,
    by: int | None = None,
) -> int:
    """Add someone who works here; their id.

    Raises:
        InvalidUsername, InvalidName, WeakPassword: nothing was added.
        UsernameTaken: somebody has the name already.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise InvalidUsername(typed=username[:40])
    added = tx.execute(
        upsert(StaffMember)
        .values(
            username=username,
            name=_clean_name(name),
            role=role,
            language=language,
            password_hash=hash_password(password, username=username),
            session_mark=ids.typeable(SESSION_MARK_CHARS),
            active=True,
            added_at=now,
        )
        .on_conflict_do_nothing(index_elements=[StaffMember.username])
        .returning(StaffMember.id)
    ).scalar()
    if added is None:
        raise UsernameTaken(username=username)
    write(tx, staff_id=by, act="staff_added", subject=f"staff:{username}", now=now, detail={"role": role})
    return int(added)


def reset_password(
    tx: Transaction, *, username: str, password: str, now: datetime, ids: Ids, by: int | None = None
) -> None:
    """Give someone another password and log them out everywhere.

    Raises:
        NotFound: nobody has this name.
        WeakPassword: nothing was changed.
    """
    username = username.strip().lower()
    _set_password(tx, username=username, password=password, ids=ids)
    write(tx, staff_id=by, act="password_reset", subject=f"staff:{username}", now=now)


def change_own_password(
    db: Database, *, member: Member, old: str, new: str, address: str, secret: str, now: datetime, ids: Ids
) -> str:
    """Change one's own password; every log-in ends. The new session mark, for the one who goes on.

    Raises:
        WrongPassword, TooManyTries: the old one was not proven, as in logging in.
        WeakPassword: nothing was changed.
    """
    prove(db, username=member.username, password=old, address=address, secret=secret, now=now)

    def change(tx: Transaction) -> str:
        mark = _set_password(tx, username=member.username, password=new, ids=ids)
        write(tx, staff_id=member.staff_id, act="password_changed", subject=f"staff:{member.username}", now=now)
        return mark

    return db.run(change)


def set_active(tx: Transaction, *, username: str, active: bool, now: datetime, ids: Ids, by: int | None = None) -> None:
    """Let someone in again, or shut them out at once, wherever they are logged in.

    Raises:
        NotFound: nobody has this name.
        LastAdmin: nobody would be left who may manage staff.
    """
    username = username.strip().lower()
    # All admins are locked, in one order: two who shut each other out at once must not both succeed.
    admins = (
        tx.execute(
            select(StaffMember.username)
            .where(StaffMember.role == "admin", StaffMember.active)
            .order_by(StaffMember.id)
            .with_for_update()
        )
        .scalars()
        .all()
    )
    if not active and list(admins) == [username]:
        raise LastAdmin(username=username)
    moved = tx.execute(
        update(StaffMember)
        .where(StaffMember.username == username)
        .values(active=active, session_mark=ids.typeable(SESSION_MARK_CHARS))
        .returning(StaffMember.id)
    ).scalar()
    if moved is None:
        raise NotFound(what="staff member")
    end_sessions_of(tx, int(moved))
    act = "staff_activated" if active else "staff_deactivated"
    write(tx, staff_id=by, act=act, subject=f"staff:{username}", now=now)


def choose_language(tx: Transaction, *, staff_id: int, language: str, now: datetime) -> None:
    """Speak to a staff member in this language from now on."""
    username = tx.execute(
        update(StaffMember).where(StaffMember.id == staff_id).values(language=language).returning(StaffMember.username)
    ).scalar_one()
    write(
        tx,
        staff_id=staff_id,
        act="language_chosen",
        subject=f"staff:{username}",
        now=now,
        detail={"language": language},
    )


def _set_password(tx: Transaction, *, username: str, password: str, ids: Ids) -> str:
    mark = ids.typeable(SESSION_MARK_CHARS)
    moved = tx.execute(
        update(StaffMember)
        .where(StaffMember.username == username)
        .values(password_hash=hash_password(password, username=username), session_mark=mark)
        .returning(StaffMember.id)
    ).scalar()
    if moved is None:
        raise NotFound(what="staff member")
    end_sessions_of(tx, int(moved))
    return mark


def _clean_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name.isprintable() or not 1 <= len(name) <= NAME_CHARS_MAX:
        raise InvalidName(typed=typed[:NAME_CHARS_MAX])
    return name
