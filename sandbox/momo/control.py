"""The control surface under `/sandbox/`: the payers' thumbs, the faults, and what the provider knows."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import as_json
from sandbox.furniture.control import body_of, msisdn_of, refuse, wallet_of
from sandbox.momo.payers import DECISIONS
from sandbox.momo.simulator import Simulator, of

control: Final = Blueprint("control", __name__, url_prefix="/sandbox")

STANDING: Final = (*DECISIONS, "ask")


def _simulator() -> Simulator:
    return of(current_app)


@control.post("/decide")
def decide() -> Response:
    """Let a phone answer its oldest prompt."""
    body = body_of()
    decision = body.get("decision")
    if decision not in DECISIONS:
        raise refuse(f"decision: {', '.join(DECISIONS)}")
    decided = _simulator().payers.decide(msisdn_of(body.get("msisdn")), decision)
    if decided is None:
        raise refuse("no request is pending on this phone", 404)
    return as_json(200, _shown(_simulator(), decided))


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


@control.get("/requests")
def requests_() -> Response:
    """List what was asked of phones, oldest first."""
    simulator = _simulator()
    simulator.payers.settle_due()
    sql, values = "SELECT * FROM movement ORDER BY number", []
    if request.args.get("msisdn"):
        sql = "SELECT * FROM movement WHERE msisdn = ? ORDER BY number"
        values = [msisdn_of(request.args["msisdn"])]
    return as_json(200, {"requests": [_shown(simulator, row) for row in simulator.store.rows(sql, *values)]})


def _shown(simulator: Simulator, movement: sqlite3.Row) -> dict[str, Any]:
    callbacks = simulator.store.rows(
        "SELECT method, state, tries, told, due_at FROM callback WHERE reference = ? ORDER BY number",
        movement["reference"],
    )
    notes = simulator.store.rows("SELECT text FROM notification WHERE reference = ?", movement["reference"])
    names = (
        "reference", "kind", "msisdn", "amount", "currency", "external_id", "payer_message", "payee_note",
        "callback_url", "status", "reason", "decision", "created_at", "decided_at", "expires_at", "status_reads",
    )  # fmt: skip
    return {
        **{name: movement[name] for name in names},
        "decided": movement["decided_at"] is not None,
        "financialTransactionId": movement["financial_id"] and str(movement["financial_id"]),
        "callbacks_sent": sum(1 for callback in callbacks if callback["state"] == "sent"),
        "callbacks": [dict(callback) for callback in callbacks],
        "notifications": [note["text"] for note in notes],
    }


@control.get("/statement")
def statement() -> Response:
    """Every transaction that moved money: what the books are compared with."""
    simulator = _simulator()
    simulator.payers.settle_due()
    rows = simulator.store.rows(
        "SELECT * FROM movement WHERE status = 'SUCCESSFUL' AND kind != 'preapproval' ORDER BY financial_id"
    )
    totals: dict[str, Decimal] = {}
    for row in rows:
        totals[row["kind"]] = totals.get(row["kind"], Decimal(0)) + Decimal(row["amount"])
    return as_json(
        200,
        {
            "transactions": [
                {
                    "financialTransactionId": str(row["financial_id"]),
                    "externalId": row["external_id"],
                    "reference": row["reference"],
                    "kind": row["kind"],
                    "amount": row["amount"],
                    "currency": row["currency"],
                    "payer": row["msisdn"],
                    "at": row["decided_at"],
                }
                for row in rows
            ],
            "totals": {kind: f"{total:f}" for kind, total in totals.items()},
        },
    )


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
    body = body_of()
    try:
        _simulator().faults.replace(body)
    except ValueError as fault:
        raise refuse(str(fault)) from None
    return as_json(200, _simulator().faults.describe()["active"])


@control.post("/expire-tokens")
def expire_tokens() -> Response:
    """End every bearer given so far."""
    with _simulator().store.transaction() as tx:
        ended = tx.execute("DELETE FROM token").rowcount
    return as_json(200, {"ended": ended})
