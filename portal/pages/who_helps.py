"""Those who sell for an owner, and may do nothing else for them."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.languages import marked as _
from core.owners.add_helper import add_helper, remove_helper
from core.owners.owner_page import helpers_of
from core.phones import TYPED_CHARS_MAX
from portal.acts import act
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat, visitor
from web.forms import typed
from web.routes import Route
from web.speech import t


@open_to("owner")
def show_helpers() -> ResponseReturnValue:
    """Who they are."""
    return _page(None)


@open_to("owner")
def add_now() -> ResponseReturnValue:
    """Let somebody sell."""

    def work(tx: Transaction) -> Markup:
        phone = typed("phone", TYPED_CHARS_MAX)
        code = parts().settings.service_code
        add_helper(tx, owner=visitor().account, typed_phone=phone, code=code, now=parts().clock.now())
        return t(_("They may sell now, and are told so by SMS."))

    return act(work, back=url_for("portal.helpers"), again=_page)


@open_to("owner")
def remove_now() -> ResponseReturnValue:
    """They sell no more."""

    def work(tx: Transaction) -> Markup:
        phone = typed("phone", TYPED_CHARS_MAX)
        remove_helper(tx, owner_id=seat().owner_id, typed_phone=phone, now=parts().clock.now())
        return t(_("They cannot sell any more."))

    return act(work, back=url_for("portal.helpers"), again=_page)


def _page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        helpers = helpers_of(connection, seat().owner_id)
    return render_template(
        "portal/helpers.html", refused=refused, helpers=helpers, typed=typed("phone", TYPED_CHARS_MAX)
    )


ROUTES: Final = (
    Route("GET", "/helpers", "helpers", show_helpers),
    Route("POST", "/helpers", "add_helper", add_now),
    Route("POST", "/helpers/remove", "remove_helper", remove_now),
)
