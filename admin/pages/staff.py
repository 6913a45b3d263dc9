"""Who works here, and what they did last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, Refusal
from core.languages import LANGUAGES
from core.languages import marked as _
from core.staff.add import USERNAME, add_member, reset_password, set_active
from core.staff.passwords import PASSWORD_CHARS_MAX
from core.staff.queries import everyone, last_acts
from core.staff.roles import ROLES, role_named
from core.staff.set_phone import set_phone
from web.forms import tell, typed
from web.speech import ltr, t


@needs("staff.manage")
def show_staff() -> ResponseReturnValue:
    """All staff, and the trail."""
    return _page(None)


@needs("staff.manage")
def add() -> ResponseReturnValue:
    """Add someone who works here."""
    role = role_named(typed("role"))
    language = typed("language")

    def work(tx: Transaction) -> None:
        if role is None or language not in LANGUAGES:
            raise NotPossibleNow(what="role", state=typed("role"))
        add_member(
            tx,
            username=typed("username"),
            name=typed("name"),
            role=role,
            language=language,
            password=_password(),
            now=parts().clock.now(),
            ids=parts().ids,
            by=member().staff_id,
        )

    return _done(work, t(_("{username} can log in now."), username=ltr(typed("username").lower())))


@needs("staff.manage")
def reset(username: str) -> ResponseReturnValue:
    """Another password; every log-in of theirs ends."""

    def work(tx: Transaction) -> None:
        reset_password(
            tx,
            username=_known(username),
            password=_password(),
            now=parts().clock.now(),
            ids=parts().ids,
            by=member().staff_id,
        )

    return _done(work, t(_("{username} has another password and is logged out everywhere."), username=ltr(username)))


@needs("staff.manage")
def switch(username: str) -> ResponseReturnValue:
    """Let someone in, or shut them out at once."""
    active = typed("active") == "yes"

    def work(tx: Transaction) -> None:
        now, ids = parts().clock.now(), parts().ids
        set_active(tx, username=_known(username), active=active, now=now, ids=ids, by=member().staff_id)

    said = _("{username} may log in again.") if active else _("{username} is shut out.")
    return _done(work, t(said, username=ltr(username)))


@needs("staff.manage")
def set_staff_phone(username: str) -> ResponseReturnValue:
    """Where they are called when a router is down."""

    def work(tx: Transaction) -> None:
        now = parts().clock.now()
        set_phone(tx, username=_known(username), typed=typed("phone"), now=now, by=member().staff_id)

    said = _("{username} is called on this phone.") if typed("phone") else _("{username} has no phone here any more.")
    return _done(work, t(said, username=ltr(username)))


def _done(work: Callable[[Transaction], None], said: Markup) -> ResponseReturnValue:
    try:
        parts().db.run(work)
    except Refusal as refusal:
        return _page(refusal_sentence(refusal, "")), 422
    tell(said)
    return redirect(url_for("admin.staff"), 303)


def _page(refused: str | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/staff.html", people=everyone(connection), acts=last_acts(connection), roles=ROLES, refused=refused
        )


def _known(username: str) -> str:
    if not USERNAME.fullmatch(username):
        raise NotFound(what="staff member")
    return username


def _password() -> str:
    return request.form.get("password", "")[: PASSWORD_CHARS_MAX + 1]


ROUTES: Final = (
    Route("GET", "/staff", "staff", show_staff),
    Route("POST", "/staff", "add_staff", add),
    Route("POST", "/staff/<username>/password", "reset_password", reset),
    Route("POST", "/staff/<username>/active", "switch_staff", switch),
    Route("POST", "/staff/<username>/phone", "set_staff_phone", set_staff_phone),
)
