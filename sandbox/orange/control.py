"""The control surface under `/sandbox/`: the payers' thumbs, their one-time codes, the faults, what Orange knows."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any, Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import as_json
from sandbox.furniture.control import body_of, msisdn_of, refuse, wallet_of
from sandbox.orange.page import confirm
from sandbox.orange.payers import DECISIONS
from sandbox.orange.simulator import Simulator, of
from sandbox.orange.words import FAILED, INITIATED, NEW, REJECTED

control: Final = Blueprint("control", __name__, url_prefix="/sandbox")

STANDING: Final = (*DECISIONS, "ask")
OTP_DIGITS: Final = 6


def _simulator() -> Simulator:
    return of(current_app)


@control.post("/decide")
def decide() -> Response:
    """Let a phone answer its oldest prompt, or, with `token`, use that page."""
    body, simulator = body_of(), _simulator()
    decision = body.get("decision")
    if decision not in DECISIONS:
        raise refuse(f"decision: {', '.join(DECISIONS)}")
    msisdn = msisdn_of(body.get("msisdn"))
    if body.get("token") is None:
        decided = simulator.payers.decide(msisdn, decision)
        if decided is None:
            raise refuse("no request is pending on this phone", 404)
        return as_json(200, _shown(simulator, decided))
    key = (str(body["token"]), INITIATED)
    page = simulator.store.row("SELECT * FROM payment WHERE token = ? AND status = ?", *key)
    if page is None:
        raise refuse("no such page waits", 404)
    if decision == "approve":
        confirm(simulator, key[0], msisdn, None)
    elif decision == "reject":
        with simulator.store.transaction() as tx:
            simulator.payers.finish(tx, page, FAILED, REJECTED)
    simulator.payers.on_callback()
    used = simulator.store.row("SELECT * FROM payment WHERE token = ?", key[0])
    return as_json(200, _shown(simulator, used or page))


@control.post("/standing")
def standing() -> Response:
    """Set what a phone, or every phone, decides by itself from now on."""
    body = body_of()
    decision, msisdn = body.get("decision"), body.get("msisdn")
    if decision not in STANDING:
        raise refuse(f"decision: {', '.join(STANDING)}")
    msisdn = "*" if msisdn == "*" else msisdn_of(msisdn)
    _simulator().payers.stand(msisdn, decision)
    return as_json(200, {"msisdn": msisdn, "decision": decision})


@control.post("/otp")
def otp() -> Response:
    """Give a payer's one-time code for the page, as the USSD code of Orange would."""
    simulator, msisdn = _simulator(), msisdn_of(body_of().get("msisdn"))
    code = "".join(secrets.choice("0123456789") for _ in range(OTP_DIGITS))
    with simulator.store.transaction() as tx:
        ends_at = simulator.clock() + simulator.config.otp_lifetime_s
        tx.execute("INSERT OR REPLACE INTO otp VALUES (?, ?, ?)", (msisdn, code, ends_at))
    return as_json(200, {"msisdn": msisdn, "otp": code})


@control.get("/requests")
def requests_() -> Response:
    """List what was asked of phones and pages, oldest first."""
    simulator = _simulator()
    simulator.payers.settle_due()
    sql, values = "SELECT * FROM payment WHERE status != ? ORDER BY number", [NEW]
    if request.args.get("msisdn"):
        sql = "SELECT * FROM payment WHERE status != ? AND msisdn = ? ORDER BY number"
        values.append(msisdn_of(request.args["msisdn"]))
    return as_json(200, {"requests": [_shown(simulator, row) for row in simulator.store.rows(sql, *values)]})


def _shown(simulator: Simulator, payment: sqlite3.Row) -> dict[str, Any]:
    callbacks = simulator.store.rows(
        "SELECT method, state, tries, told, due_at FROM callback WHERE reference = ? ORDER BY number",
        payment["token"],
    )
    names = (
        "token", "mode", "order_id", "msisdn", "amount", "currency", "description", "callback_url", "status",
        "message", "decision", "txn_id", "created_at", "decided_at", "expires_at", "status_reads",
    )  # fmt: skip
    return {
        **{name: payment[name] for name in names},
        "reference": payment["token"],
        "payer_message": payment["description"],
        "decided": payment["decided_at"] is not None,
        "callbacks_sent": sum(1 for callback in callbacks if callback["state"] == "sent"),
        "callbacks": [dict(callback) for callback in callbacks],
    }


@control.get("/wallets")
def wallets() -> Response:
    """List the wallets somebody has described."""
    return as_json(200, {"wallets": [dict(row) for row in _simulator().store.rows("SELECT * FROM wallet")]})


@control.post("/wallet")
def wallet() -> Response:
    """Describe a phone's wallet: `amount` (null: bottomless), `active`, `given_name`, `family_name`."""
    return as_json(200, wallet_of(_simulator().store, body_of()))


@control.get("/faults")
def show_faults() -> Response:
    """Say which faults hold and which there are."""
    return as_json(200, _simulator().faults.describe())


@control.post("/faults")
def set_faults() -> Response:
    """Hold these faults and no others; `{}` clears."""
    try:
        _simulator().faults.replace(body_of())
    except ValueError as fault:
        raise refuse(str(fault)) from None
    return as_json(200, _simulator().faults.describe()["active"])


@control.post("/expire-tokens")
def expire_tokens() -> Response:
    """End every bearer given so far."""
    with _simulator().store.transaction() as tx:
        ended = tx.execute("DELETE FROM bearer").rowcount
    return as_json(200, {"ended": ended})
