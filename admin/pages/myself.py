"""What each staff member decides alone: their language and their password."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.desk import BACK_CHARS_MAX, member, own_page, parts
from admin.permits import needs
from admin.routes import Route
from admin.visitors import enter
from admin.words import refusal_sentence
from core.errors import NotPossibleNow, Refusal
from core.languages import LANGUAGES
from core.languages import marked as _
from core.staff.add import change_own_password, choose_language
from core.staff.passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from core.staff.set_phone import set_phone
from web.forms import address, tell, typed
from web.speech import t
from web.status import status_of


@needs("self.use")
def show_myself() -> ResponseReturnValue:
    """Name, role, password."""
    return _page(None)


@needs("self.use")
def change_password() -> ResponseReturnValue:
    """Another password; log-ins elsewhere end, this one goes on."""
    who = member()
    old, new = (request.form.get(name, "")[: PASSWORD_CHARS_MAX + 1] for name in ("old", "new"))
    try:
        mark = change_own_password(
            parts().db,
            member=who,
            old=old,
            new=new,
            address=address(),
            secret=parts().settings.secret_key,
            now=parts().clock.now(),
            ids=parts().ids,
        )
    except Refusal as refusal:
        return _page(refusal_sentence(refusal, "")), status_of(refusal)
    enter(replace(who, session_mark=mark))
    tell(t(_("Your password is changed. You are logged out everywhere else.")))
    return redirect(url_for("admin.myself"), 303)


@needs("self.use")
def change_own_phone() -> ResponseReturnValue:
    """Where they are called when a router is down."""
    who, now = member(), parts().clock.now()
    try:
        parts().db.run(lambda tx: set_phone(tx, username=who.username, typed=typed("phone"), now=now, by=who.staff_id))
    except Refusal as refusal:
        return _page(refusal_sentence(refusal, "")), status_of(refusal)
    tell(t(_("Saved.")))
    return redirect(url_for("admin.myself"), 303)


@needs("self.use")
def change_language() -> ResponseReturnValue:
    """Read these pages in another language."""
    language = typed("language")
    if language not in LANGUAGES:
        raise NotPossibleNow(what="language", state=language)
    parts().db.run(
        lambda tx: choose_language(tx, staff_id=member().staff_id, language=language, now=parts().clock.now())
    )
    return redirect(own_page(typed("back", BACK_CHARS_MAX)), 303)


def _page(refused: str | None) -> str:
    return render_template("admin/myself.html", refused=refused, least=PASSWORD_CHARS_MIN)


ROUTES: Final = (
    Route("GET", "/me", "myself", show_myself),
    Route("POST", "/me/password", "change_password", change_password),
    Route("POST", "/me/phone", "change_own_phone", change_own_phone),
    Route("POST", "/me/language", "change_language", change_language),
)
