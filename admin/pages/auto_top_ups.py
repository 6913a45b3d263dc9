"""Who is topped up by itself: what they agreed to, and ending it for them."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.languages import marked as _
from core.payouts.auto_top_up import stop_auto_top_up
from core.payouts.owner_views import consent_owner, consents
from web.forms import row_id
from web.speech import t


@needs("payouts.ask")
def show_auto_top_ups() -> ResponseReturnValue:
    """Those that stand, or are being asked for."""
    return _list(None)


@needs("payouts.ask")
def stop(number: int) -> ResponseReturnValue:
    """End one at the customer's wish."""

    def work(tx: Transaction) -> Markup:
        whose = consent_owner(tx.connection, row_id(number))
        if not stop_auto_top_up(tx, customer_id=whose.customer_id, now=parts().clock.now()):
            raise NotPossibleNow(what="consent", state="ended")
        note(tx, "auto_top_up_stopped", f"customer:{whose.number}")
        return t(_("Ended. The customer gets an SMS about it."))

    return act(work, back=lambda: url_for("admin.auto_top_ups"), again=_list)


def _list(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template("admin/auto_top_ups.html", consents=consents(connection), refused=refused)


ROUTES: Final = (
    Route("GET", "/auto-top-ups", "auto_top_ups", show_auto_top_ups),
    Route("POST", "/auto-top-ups/<int:number>/stop", "stop_auto_top_up", stop),
)
