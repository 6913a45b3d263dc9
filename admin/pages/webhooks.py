"""Webhooks: where events go, how they fare, switching them off and on, and trying them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, alarm_if_clash, note
from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from admin.words import choices, refusal_sentence
from core.db.engine import Transaction
from core.errors import Refusal
from core.languages import marked as _
from core.partners.addresses import URL_CHARS_MAX
from core.partners.kinds import KINDS
from core.partners.make_webhook import NAME_CHARS_MAX, MadeWebhook, make_webhook, send_test, switch_webhook
from core.partners.webhooks import webhooks
from web.forms import row_id, typed
from web.speech import ltr, t
from web.status import status_of


@needs("partners.manage")
def show_webhooks() -> ResponseReturnValue:
    """All webhooks, and a form for a new one."""
    return _page(None, "")


@needs("partners.manage")
def make() -> ResponseReturnValue:
    """Make one, and show its secret once."""

    def work(tx: Transaction) -> MadeWebhook:
        return make_webhook(
            tx,
            name=typed("name"),
            url=typed("url", URL_CHARS_MAX + 1),
            kinds=[kind for kind in KINDS if request.form.get(kind)],
            private=parts().settings.webhooks_private,
            sealer=parts().sealer,
            ids=parts().ids,
            now=parts().clock.now(),
            by=member().staff_id,
        )

    try:
        made = parts().db.run(work)
    except Refusal as refusal:
        alarm_if_clash(refusal)
        return _page(refusal_sentence(refusal, ""), "make"), status_of(refusal)
    return make_response(render_template("admin/webhook_shown.html", name=typed("name"), secret=made.secret))


@needs("partners.manage")
def switch(number: int) -> ResponseReturnValue:
    """Off or on."""
    active = typed("active") == "yes"

    def work(tx: Transaction) -> Markup:
        now = parts().clock.now()
        name = switch_webhook(tx, row_id(number), active=active, now=now, by=member().staff_id)
        return t(_("Events go to {name} again.") if active else _("No more events go to {name}."), name=ltr(name))

    return _done(work)


@needs("partners.manage")
def test(number: int) -> ResponseReturnValue:
    """Send an event that says nothing, to see that it arrives."""

    def work(tx: Transaction) -> Markup:
        name = send_test(tx, row_id(number), ids=parts().ids, now=parts().clock.now())
        note(tx, "webhook_tried", f"webhook:{name}")
        return t(_("A test event goes to {name}. Open this page again in half a minute."), name=ltr(name))

    return _done(work)


def _done(work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(work, back=lambda: url_for("admin.webhooks"), again=lambda sentence: _page(sentence, ""))


def _page(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/webhooks.html",
            webhooks=webhooks(connection),
            kinds=choices("event", KINDS),
            name_most=NAME_CHARS_MAX,
            url_most=URL_CHARS_MAX,
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/webhooks", "webhooks", show_webhooks),
    Route("POST", "/webhooks", "make_webhook", make),
    Route("POST", "/webhooks/<int:number>/active", "switch_webhook", switch),
    Route("POST", "/webhooks/<int:number>/test", "test_webhook", test),
)
