"""The first page, and in which language all of them speak."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from core.errors import NotPossibleNow
from core.languages import LANGUAGES
from portal.permits import open_to
from web.forms import typed
from web.routes import Route


@open_to("public")
def show_front() -> ResponseReturnValue:
    """What this is."""
    return render_template("portal/front.html")


@open_to("public")
def choose_language() -> ResponseReturnValue:
    """Read the pages in another language."""
    language = typed("language")
    if language not in LANGUAGES:
        raise NotPossibleNow(what="language", state=language)
    session["language"] = language
    return redirect(url_for("portal.front"), 303)


ROUTES: Final = (
    Route("GET", "/", "front", show_front),
    Route("POST", "/language", "choose_language", choose_language),
)
