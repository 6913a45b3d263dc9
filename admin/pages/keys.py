"""Keys of programs that use the API: made and shown once, listed by their beginning, withdrawn."""

from __future__ import annotations

from typing import Final

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, alarm_if_clash
from admin.desk import member, parts
from admin.figures import needed_whole
from admin.permits import needs
from admin.routes import Route
from admin.words import choices, refusal_sentence
from core.db.engine import Transaction
from core.errors import Refusal
from core.languages import marked as _
from core.network.router_facts import router_list
from core.partners.keys import keys
from core.partners.make_key import NAME_CHARS_MAX, PACE_USUAL, Made, make_key, withdraw_key
from core.partners.scopes import SCOPES
from web.forms import typed
from web.speech import ltr, t
from web.status import status_of


@needs("partners.manage")
def show_keys() -> ResponseReturnValue:
    """All keys, and a form for a new one."""
    return _page(None, "")


@needs("partners.manage")
def make() -> ResponseReturnValue:
    """Make a key, and show it once: no page can show it again."""

    def work(tx: Transaction) -> Made:
        return make_key(
            tx,
            name=typed("name"),
            scopes=[scope for scope in SCOPES if request.form.get(scope)],
            router=typed("router"),
            requests_a_minute=needed_whole(typed("pace"), "pace"),
            by=member().staff_id,
            now=parts().clock.now(),
            ids=parts().ids,
        )

    try:
        made = parts().db.run(work)
    except Refusal as refusal:
        alarm_if_clash(refusal)
        return _page(refusal_sentence(refusal, ""), "make"), status_of(refusal)
    return make_response(render_template("admin/key_shown.html", name=typed("name"), key=made.key))


@needs("partners.manage")
def withdraw(code: str) -> ResponseReturnValue:
    """From the next request on nobody is let in with it."""

    def work(tx: Transaction) -> Markup:
        name = withdraw_key(tx, prefix=code, by=member().staff_id, now=parts().clock.now())
        return t(_("The key of {name} is withdrawn."), name=ltr(name))

    return act(work, back=lambda: url_for("admin.keys"), again=lambda sentence: _page(sentence, ""))


def _page(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/keys.html",
            keys=keys(connection),
            routers=[("", t(_("any router"))), *((one.name, one.name) for one in router_list(connection))],
            scopes=choices("scope", SCOPES),
            usual=PACE_USUAL,
            name_most=NAME_CHARS_MAX,
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/keys", "keys", show_keys),
    Route("POST", "/keys", "make_key", make),
    Route("POST", "/keys/<code>/withdraw", "withdraw_key", withdraw),
)
