"""How many tokens an owner may give away, and whether a phone gets one of them a day only."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.languages import marked as _
from core.owners.change_owner import set_gift_once
from core.owners.owner_page import owner_page
from portal.acts import act
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.forms import typed
from web.routes import Route
from web.speech import t


@open_to("owner")
def show_gifts() -> ResponseReturnValue:
    """What holds, and what was given today."""
    return _page(None)


@open_to("owner")
def set_now() -> ResponseReturnValue:
    """One a day for a phone, or as many as there are."""

    def work(tx: Transaction) -> Markup:
        set_gift_once(tx, owner_id=seat().owner_id, once=typed("once") == "yes")
        return t(_("Saved."))

    return act(work, back=url_for("portal.gifts"), again=_page)


def _page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        owner = owner_page(connection, seat().owner_id, parts().clock.now())
    return render_template("portal/gifts.html", refused=refused, owner=owner)


ROUTES: Final = (
    Route("GET", "/gifts", "gifts", show_gifts),
    Route("POST", "/gifts", "set_gifts", set_now),
)
