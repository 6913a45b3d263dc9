"""Giving a receipt's money back: to where it came from, never above what came."""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import note
from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.billing.take_back import take_back
from core.crm.find import receipt
from core.db.engine import Transaction
from core.errors import Refusal
from core.languages import marked as _
from core.payouts.approve_payout import approve_payout
from core.payouts.ask_payout import Asked
from core.payouts.ask_refund import ask_refund
from core.payouts.limits import alone
from core.payouts.payout_views import payout, refundable_of
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import form_key, tell, typed
from web.speech import t
from web.status import status_of


def platform() -> str | None:
    """Where MTN is told to send money; None: we have no such account, and people send it."""
    settings = parts().settings
    return settings.momo_base_url if settings.momo_disbursement_subscription_key else None


@needs("payouts.ask")
def show_refund(number: str) -> ResponseReturnValue:
    """The form, with what can still be given back and how."""
    return _form(number, None)


@needs("payouts.ask")
def refund(number: str) -> ResponseReturnValue:
    """Ask for it. Notes, and what a person sends, need no name to be seen first: within one's limit it is approved."""
    try:
        asked = parts().db.run(lambda tx: _refund(tx, number))
    except Refusal as refusal:
        return _form(number, refusal_sentence(refusal, "")), status_of(refusal)
    if asked.again:
        tell(t(_("This form was sent before. Nothing was done twice.")))
    return redirect(url_for("admin.payout", number=asked.payout_id), 303)


def _refund(tx: Transaction, number: str) -> Asked:
    who, now = member(), parts().clock.now()
    wanted = parse_amount(typed("amount", TYPED_CHARS_MAX + 1))
    asked = ask_refund(
        tx,
        request_key=form_key(),
        receipt_number=receipt(tx.connection, number).number,
        amount=wanted,
        reason=typed("why"),
        staff_id=who.staff_id,
        role=who.role,
        platform=platform(),
        now=now,
        ids=parts().ids,
    )
    if asked.again:
        return asked
    note(tx, "refund_asked", f"receipt:{number}", {"amount": str(wanted), "payout": asked.payout_id})
    view = payout(tx.connection, asked.payout_id)
    if view.rail != "mtn-momo" and not view.needs_second:
        approve_payout(
            tx,
            payout_id=asked.payout_id,
            staff_id=who.staff_id,
            role=who.role,
            now=now,
            take_back=take_back,
        )
    return asked


def _form(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        found = receipt(connection, number)
        shown: dict[str, Any] = {"receipt": found, "can": refundable_of(connection, found.number, platform())}
    return render_template(
        "admin/refund.html", **shown, alone=alone(member().role, "refund"), refused=refused, opened="refund"
    )


ROUTES: Final = (
    Route("GET", "/receipts/<number>/refund", "refund", show_refund),
    Route("POST", "/receipts/<number>/refund", "refund_now", refund),
)
