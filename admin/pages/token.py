"""One token: what is known of it, and stopping it."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, by, note
from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.db.engine import Transaction
from core.languages import marked as _
from core.tokens.stop_token import stop_token
from core.tokens.token_view import token_named
from web.forms import typed
from web.speech import t


@needs("services.manage")
def show_token(username: str) -> ResponseReturnValue:
    """What was sold, to whom, and what became of it."""
    return _page(username, None, "")


@needs("services.manage")
def stop(username: str) -> ResponseReturnValue:
    """Take it back, for a reason."""

    def work(tx: Transaction) -> Markup:
        why = by(typed("why"))
        stop_token(tx, username=username, now=why.now)
        note(tx, "token_stopped", f"token:{username}", {"why": why.why})
        return t(_("It is stopped. Whoever is online with it is sent off."))

    back = partial(url_for, "admin.token", username=username)
    return act(work, back=back, again=lambda sentence: _page(username, sentence, "stop"))


def _page(username: str, refused: Markup | None, opened: str) -> str:
    now = parts().clock.now()
    with parts().db.reading() as connection:
        token = token_named(connection, username)
    return render_template(
        "admin/token.html", token=token, facts=asdict(token), now=now, refused=refused, opened=opened
    )


ROUTES: Final = (
    Route("GET", "/tokens/<username>", "token", show_token),
    Route("POST", "/tokens/<username>/stop", "stop_token", stop),
)
