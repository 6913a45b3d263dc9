"""Who is at the desk: the log-in cookie, and how long it is good for.

The cookie names a row of `staff_session`; without the row it is worth nothing, whoever holds a copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Flask, current_app, session
from flask_login import LoginManager, current_user, login_user, logout_user

from admin import desk
from core.clock import Clock, SystemClock
from core.db.engine import Transaction
from core.parts import Parts
from core.staff.queries import Member, member_of_session
from core.staff.sessions import SESSION_LASTS, begin_session, end_session
from web import cookies

SESSION_IDLE_MAX: Final = timedelta(hours=1)  # counters are shared
CLOCK: Final = "admin.clock"
SEEN_EVERY: Final = timedelta(minutes=2)  # how exact idling is known: the cookie is not sent anew with every page


@dataclass(frozen=True, slots=True)
class Visitor:
    """A staff member as Flask-Login wants them.

    In the cookie stand the mark of the member, which a reset changes, and that of this visit, which a log-out ends.
    """

    member: Member
    visit: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what stands in the cookie."""
        return f"{self.member.session_mark}:{self.visit}"


def init_app(app: Flask, parts: Parts, *, session_clock: Clock | None = None) -> None:
    """Prepare an app for the staff's log-ins. Nothing is hooked into requests of other doors.

    `session_clock` is the machine's: sessions do not end when the demo town skips a week.
    """
    cookies.prepare(app, parts.settings)
    app.extensions[CLOCK] = session_clock or SystemClock()
    manager = LoginManager()
    manager.session_protection = None  # a phone's address changes within a visit

    def load(user_id: str) -> Visitor | None:
        session_mark, _colon, mark = user_id.partition(":")
        if not _session_is_good(_session_clock().now()):
            return None
        with desk.parts().db.reading() as connection:
            member = member_of_session(connection, session_mark, mark)
        return Visitor(member, mark) if member else None

    manager.user_loader(load)
    # In place of `manager.init_app`: that would read the session after every request of every door, USSD included.
    app.login_manager = manager  # type: ignore[attr-defined]


def enter(member: Member) -> None:
    """Begin a visit. Nothing of what stood in the cookie before is kept, nor the visit it named."""
    before, now = visit(), _session_clock().now()

    def begin(tx: Transaction) -> str:
        end_session(tx, before)
        return begin_session(tx, staff_id=member.staff_id, now=now, ids=desk.parts().ids)

    begun = desk.parts().db.run(begin)
    session.clear()
    login_user(Visitor(member, begun))
    session["began"] = session["seen"] = int(now.timestamp())


def leave() -> None:
    """Take the cookie away. The visit itself is ended by `end_session`."""
    logout_user()
    session.clear()


def visitor() -> Member | None:
    """Who is at the desk; None when nobody is logged in."""
    member: Member | None = current_user.member if current_user.is_authenticated else None
    if member:
        now = _session_clock().now()
        if now - _instant("seen") > SEEN_EVERY:
            session["seen"] = int(now.timestamp())
    return member


def visit() -> str:
    """The mark of the visit that the cookie names; empty when it names none."""
    return str(session.get("_user_id", "")).partition(":")[2]


def _session_is_good(now: datetime) -> bool:
    return now - _instant("began") <= SESSION_LASTS and now - _instant("seen") <= SESSION_IDLE_MAX


def _instant(name: str) -> datetime:
    return datetime.fromtimestamp(session.get(name, 0), UTC)


def _session_clock() -> Clock:
    clock: Clock = current_app.extensions[CLOCK]
    return clock
