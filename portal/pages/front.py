"""The first page, which is another one for strangers, customers and sellers; and in which language all pages speak."""

from __future__ import annotations

from typing import Final

from flask import g, redirect, session, url_for
from flask.typing import ResponseReturnValue

from core.customers.change import set_language
from core.errors import NotPossibleNow
from core.languages import LANGUAGES
from portal.look import parts
from portal.pages.gate import log_in_page
from portal.pages.sell import sell_page
from portal.pages.sign_up import sign_up_page
from portal.permits import open_to
from portal.visitors import Visitor
from web.forms import typed
from web.routes import Route
from web.speech import tongue


@open_to("public")
def show_front() -> ResponseReturnValue:
    """A stranger logs in, a customer becomes an owner, a seller sells."""
    who: Visitor | None = g.visitor
    if who is None:
        return log_in_page()
    return sign_up_page() if who.seat is None else sell_page()


@open_to("public")
def choose_language() -> ResponseReturnValue:
    """Read the pages in another language; a customer is texted in it too."""
    language, who = typed("language"), g.visitor
    if language not in LANGUAGES:
        raise NotPossibleNow(what="language", state=language)
    session["language"] = language
    if who is not None and tongue() != language:
        customer_id = who.account.customer_id
        parts().db.run(lambda tx: set_language(tx, customer_id=customer_id, language=language, script=None))
    return redirect(url_for("portal.front"), 303)


ROUTES: Final = (
    Route("GET", "/", "front", show_front),
    Route("POST", "/language", "choose_language", choose_language),
)
