"""One token at an owner's networks: texted again, moved to another phone, or taken back."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.languages import marked as _
from core.owners.look_after_token import move_for_owner, resend_for_owner, revoke_for_owner
from core.owners.sold_tokens import token_of_owner
from core.phones import TYPED_CHARS_MAX
from portal.acts import act, request_key
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat
from web.forms import row_id, typed
from web.routes import Route
from web.speech import amount, t

REFUNDED: Final = {
    "wallet": _("It is taken back. {amount} is on the balance of who paid."),
    "owner_cash": _("It is taken back. Hand {amount} back in notes."),
    "nothing": _("It is taken back."),
}


@open_to("owner")
def show_token(number: int) -> ResponseReturnValue:
    """What it is, and what can be done with it."""
    return _page(number, None)


@open_to("owner")
def resend_now(number: int) -> ResponseReturnValue:
    """Text it again."""

    def work(tx: Transaction) -> Markup:
        key = request_key()
        resend_for_owner(tx, request_key=key, now=parts().clock.now(), sealer=parts().sealer, **_whose(number))
        return t(_("It is on its way by SMS once more."))

    return _act(number, work)


@open_to("owner")
def move_now(number: int) -> ResponseReturnValue:
    """Move it to another phone."""

    def work(tx: Transaction) -> Markup:
        move_for_owner(
            tx,
            typed_phone=typed("phone", TYPED_CHARS_MAX),
            request_key=request_key(),
            now=parts().clock.now(),
            ids=parts().ids,
            sealer=parts().sealer,
            **_whose(number),
        )
        return t(_("It is moved. The other phone gets a new password by SMS, and the old one is worth nothing."))

    return _act(number, work)


@open_to("owner")
def revoke_now(number: int) -> ResponseReturnValue:
    """Take it back, with its price or without."""

    def work(tx: Transaction) -> Markup:
        refund = typed("refund") == "yes"
        revoked = revoke_for_owner(tx, why=typed("why"), refund=refund, now=parts().clock.now(), **_whose(number))
        return t(REFUNDED[revoked.means], amount=amount(revoked.refund))

    return _act(number, work)


def _act(number: int, work: Any) -> ResponseReturnValue:
    return act(work, back=url_for("portal.sales"), again=lambda sentence: _page(number, sentence))


def _whose(number: int) -> dict[str, int]:
    return {"owner_id": seat().owner_id, "token_id": row_id(number)}


def _page(number: int, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        token = token_of_owner(connection, **_whose(number))
    return render_template("portal/token.html", refused=refused, one=token, said=request.form)


ROUTES: Final = (
    Route("GET", "/tokens/<int:number>", "token", show_token),
    Route("POST", "/tokens/<int:number>/resend", "resend_token", resend_now),
    Route("POST", "/tokens/<int:number>/move", "move_token", move_now),
    Route("POST", "/tokens/<int:number>/revoke", "revoke_token", revoke_now),
)
