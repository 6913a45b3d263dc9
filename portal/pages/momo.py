"""The MoMo number that an owner's share goes to: named, and confirmed by the code that came to it."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.errors import Refusal
from core.languages import marked as _
from core.owners.confirm_momo import Outcome, confirm_momo
from core.owners.limits import CODE_LIVES
from core.owners.name_momo import name_momo
from core.owners.owner_page import owner_page
from core.phones import TYPED_CHARS_MAX
from portal.acts import act, request_key
from portal.look import parts, sentence_of
from portal.permits import open_to
from portal.visitors import seat, visitor
from web.forms import tell, typed
from web.routes import Route
from web.speech import t
from web.status import status_of

CODE_CHARS_MAX: Final = 20
NOT_CONFIRMED: Final[dict[Outcome, str]] = {
    "wrong": _("That code is wrong. Look at the SMS and type it again."),
    "over": _("That code is not good any more. Name the number again, and a new one is sent."),
    "no_wallet": _("That number has no MoMo wallet that takes money. Name another one."),
}


@open_to("owner")
def show_momo() -> ResponseReturnValue:
    """The number that stands, and the one that is being confirmed."""
    return _page(None)


@open_to("owner")
def name_now() -> ResponseReturnValue:
    """Name another number: a code goes there."""

    def work(tx: Transaction) -> Markup:
        name_momo(
            tx,
            owner=visitor().account,
            typed_phone=typed("momo", TYPED_CHARS_MAX),
            request_key=request_key(),
            now=parts().clock.now(),
            ids=parts().ids,
            sealer=parts().sealer,
            key=parts().settings.secret_key,
        )
        return t(_("A code is on its way to that number."))

    return act(work, back=url_for("portal.momo"), again=_page)


@open_to("owner")
def confirm_now() -> ResponseReturnValue:
    """Confirm it by its code. A wrong one stays written, so what came of it is told and not refused."""
    try:
        key = request_key()
        outcome = parts().db.run(
            lambda tx: confirm_momo(
                tx,
                owner=visitor().account,
                typed=typed("code", CODE_CHARS_MAX),
                request_key=key,
                now=parts().clock.now(),
                key=parts().settings.secret_key,
            )
        )
    except Refusal as refusal:
        return _page(sentence_of(refusal)), status_of(refusal)
    if outcome == "over" and _confirmed_just_now():  # the same form twice
        outcome = "confirmed"
    if outcome != "confirmed":
        return _page(t(NOT_CONFIRMED[outcome])), 422
    tell(t(_("Your MoMo number is confirmed. Your share of sales goes there.")))
    return redirect(url_for("portal.front"), 303)


def _confirmed_just_now() -> bool:
    now = parts().clock.now()
    with parts().db.reading() as connection:
        confirmed_at = owner_page(connection, seat().owner_id, now).momo_confirmed_at
    return confirmed_at is not None and confirmed_at > now - CODE_LIVES


def _page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        owner = owner_page(connection, seat().owner_id, parts().clock.now())
    return render_template("portal/momo.html", refused=refused, owner=owner, typed=typed("momo", TYPED_CHARS_MAX))


ROUTES: Final = (
    Route("GET", "/momo", "momo", show_momo),
    Route("POST", "/momo", "name_momo", name_now),
    Route("POST", "/momo/code", "confirm_momo", confirm_now),
)
