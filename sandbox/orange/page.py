"""The page where a payer types phone and one-time code, and confirms."""

from __future__ import annotations

import sqlite3
from hmac import compare_digest
from typing import Final

from flask import Blueprint, Response, current_app, request
from markupsafe import Markup

from sandbox.orange.payers import found
from sandbox.orange.simulator import Simulator, of
from sandbox.orange.words import EXPIRED, FAILED, INITIATED, PENDING, REJECTED, SUCCESS, TOO_LATE
from sandbox.phones import InvalidPhoneError, e164

page_of_theirs: Final = Blueprint("page_of_theirs", __name__, url_prefix="/payment/pay_token")

_FRAME: Final = Markup(
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<title>Orange Money</title><body style='font:1rem sans-serif;max-width:24rem;margin:2rem auto'>"
    "<h1 style='color:#f16e00'>Orange Money</h1>{}</body></html>"
)
_FORM: Final = Markup(
    "<p>Pay <b>{currency} {amount}</b> to {name}</p><p role=alert>{said}</p><form method=post>"
    "<p><label>Phone <input name=msisdn inputmode=tel value='{msisdn}'></label>"
    "<p><label>One-time code <input name=otp inputmode=numeric autocomplete=off></label>"
    "<p><button name=deed value=confirm>Confirm</button> <button name=deed value=cancel>Cancel</button></form>"
    "<p><small>Dial your Orange code for a one-time code; here: POST /sandbox/otp</small>"
)
_END: Final = Markup("<p role=status>{said}</p><p><a href='{url}'>Back to {name}</a>")
_SAID: Final = {SUCCESS: "Paid. Thank you.", FAILED: "Not paid.", EXPIRED: "This page has expired.", PENDING: "Wait."}


@page_of_theirs.get("/<token>")
def show(token: str) -> Response:
    """Show the page as it stands."""
    simulator = of(current_app)
    payment = _payment(simulator, token)
    if payment is None:
        return _html(404, Markup("<p role=status>No such payment."))
    return _shown(simulator, payment)


@page_of_theirs.post("/<token>")
def use(token: str) -> Response:
    """Confirm, or cancel."""
    simulator = of(current_app)
    payment = _payment(simulator, token)
    if payment is None:
        return _html(404, Markup("<p role=status>No such payment."))
    typed = request.form.get("msisdn", "")
    if payment["status"] != INITIATED:
        return _shown(simulator, payment)
    if request.form.get("deed") == "cancel":
        with simulator.store.transaction() as tx:
            simulator.payers.finish(tx, payment, FAILED, REJECTED)
    else:
        try:
            msisdn = e164(typed, "Phone").removeprefix("+")
        except InvalidPhoneError as fault:
            return _shown(simulator, payment, str(fault), typed)
        if not confirm(simulator, token, msisdn, request.form.get("otp", "")):
            return _shown(simulator, payment, "The one-time code is wrong or too old.", typed)
    simulator.payers.on_callback()
    return _shown(simulator, _payment(simulator, token) or payment)


def confirm(simulator: Simulator, token: str, msisdn: str, otp: str | None) -> bool:
    """The payer confirms a page. False: the code is not theirs. `otp` None: who confirms needs none."""
    now = simulator.clock()
    with simulator.store.transaction() as tx:
        known = tx.execute("SELECT * FROM otp WHERE msisdn = ? AND expires_at > ?", (msisdn, now)).fetchone()
        if otp is not None and (known is None or not compare_digest(known["code"], otp.strip())):
            return False
        tx.execute("DELETE FROM otp WHERE msisdn = ?", (msisdn,))
        tx.execute("UPDATE payment SET msisdn = ?, status = ? WHERE token = ?", (msisdn, PENDING, token))
        payment = found(tx, token)
        if payment["expires_at"] <= now:
            simulator.payers.finish(tx, payment, EXPIRED, TOO_LATE)
        else:
            simulator.payers.settle(tx, payment, "approve")
    return True


def _payment(simulator: Simulator, token: str) -> sqlite3.Row | None:
    return simulator.store.row("SELECT * FROM payment WHERE token = ? AND mode = 'webpay'", token)


def _shown(simulator: Simulator, payment: sqlite3.Row, said: str = "", msisdn: str = "") -> Response:
    name, status = payment["description"], payment["status"]
    if status == INITIATED and payment["expires_at"] <= simulator.clock() and not said and request.method == "GET":
        status = EXPIRED
    if status == INITIATED:
        facts = {"currency": payment["currency"], "amount": payment["amount"], "name": name}
        return _html(200, _FORM.format(**facts, said=said, msisdn=msisdn))
    url = payment["return_url"] if status == SUCCESS else payment["cancel_url"]
    return _html(200, _END.format(said=_SAID[status], url=url, name=name))


def _html(http: int, inner: Markup) -> Response:
    return Response(_FRAME.format(inner), http, content_type="text/html; charset=utf-8")
