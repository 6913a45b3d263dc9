"""Logging in and out."""

from __future__ import annotations

from typing import Final

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.desk import BACK_CHARS_MAX, member, own_page, parts
from admin.permits import needs, public
from admin.routes import Route
from admin.visitors import enter, leave, visit, visitor
from admin.words import refusal_sentence
from core.db.engine import Transaction
from core.errors import Refusal, TooManyTries, WrongPassword
from core.staff import audit
from core.staff.log_in import USERNAME_CHARS_MAX
from core.staff.log_in import log_in as prove_and_log_in
from core.staff.passwords import PASSWORD_CHARS_MAX
from core.staff.sessions import end_session
from web.forms import address, asked, typed


@public
def show_log_in() -> ResponseReturnValue:
    """The log-in page; who is logged in already goes on."""
    g.member = visitor()
    if g.member:
        return redirect(_back())
    return render_template("admin/log_in.html", username="", refused=None, back=asked("next", BACK_CHARS_MAX))


@public
def log_in() -> ResponseReturnValue:
    """Prove who you are."""
    username = typed("username", USERNAME_CHARS_MAX)
    try:
        # One character more than allowed is kept, so that a longer password is refused and not cut to fit.
        who = prove_and_log_in(
            parts().db,
            username=username,
            password=request.form.get("password", "")[: PASSWORD_CHARS_MAX + 1],
            address=address(),
            secret=parts().settings.secret_key,
            now=parts().clock.now(),
        )
    except TooManyTries as refusal:
        return _refused(username, refusal), 429, {"Retry-After": str(refusal.wait_s)}
    except WrongPassword as refusal:
        return _refused(username, refusal), 401
    enter(who)
    return redirect(_back(), 303)


@needs("self.use")
def log_out() -> ResponseReturnValue:
    """End this visit, and with it whatever copies of its cookie there are."""
    who, now = member(), parts().clock.now()

    def work(tx: Transaction) -> None:
        end_session(tx, visit())
        audit.write(tx, staff_id=who.staff_id, act="log_out", subject=f"staff:{who.username}", now=now)

    parts().db.run(work)
    leave()
    return redirect(url_for("admin.log_in"), 303)


def _refused(username: str, refusal: Refusal) -> str:
    return render_template(
        "admin/log_in.html",
        username=username,
        refused=refusal_sentence(refusal, ""),
        back=asked("next", BACK_CHARS_MAX),
    )


def _back() -> str:
    return own_page(asked("next", BACK_CHARS_MAX))


ROUTES: Final = (
    Route("GET", "/log-in", "log_in", show_log_in),
    Route("POST", "/log-in", "log_in_now", log_in),
    Route("POST", "/log-out", "log_out", log_out),
)
