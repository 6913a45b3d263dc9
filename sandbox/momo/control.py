"""The control surface under `/sandbox/`: the payers' thumbs, the faults, and what the provider knows."""

from __future__ import annotations

import json
import re
import sqlite3
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import Stop, as_json
from sandbox.furniture.report import InvalidDayError, Line, as_csv, between, fee_of, written
from sandbox.momo.config import Config
from sandbox.momo.payers import DECISIONS
from sandbox.momo.simulator import Simulator, of
from sandbox.phones import InvalidPhoneError, e164

control: Final = Blueprint("control", __name__, url_prefix="/sandbox")

STANDING: Final = (*DECISIONS, "ask")
BODY_BYTES_MAX: Final = 64 * 1024
COMES_IN: Final = ("requesttopay", "requesttowithdraw")
REPORTED_AS: Final = {
    "requesttopay": "Payment",
    "requesttowithdraw": "Withdrawal",
    "transfer": "Transfer",
    "deposit": "Deposit",
    "refund": "Refund",
}
_BALANCE: Final = re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII)


def _refuse(sentence: str, http: int = 400) -> Stop:
    return Stop(as_json(http, {"error": sentence}))


def _body() -> dict[str, Any]:
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise _refuse("the body is too large", 413)
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _refuse("send a JSON object")
    return body


def _msisdn(typed: object) -> str:
    """The number as MTN keeps it: digits with the country code."""
    try:
        return e164(typed, "msisdn").removeprefix("+")
    except InvalidPhoneError as fault:
        raise _refuse(str(fault)) from None


def _simulator() -> Simulator:
    return of(current_app)


@control.post("/decide")
def decide() -> Response:
    """Let a phone answer its oldest prompt."""
    body = _body()
    decision = body.get("decision")
    if decision not in DECISIONS:
        raise _refuse(f"decision: {', '.join(DECISIONS)}")
    decided = _simulator().payers.decide(_msisdn(body.get("msisdn")), decision)
    if decided is None:
        raise _refuse("no request is pending on this phone", 404)
    return as_json(200, _shown(_simulator(), decided))


@control.post("/standing")
def standing() -> Response:
    """Set what a phone, or every phone, decides by itself from now on."""
    body = _body()
    decision, msisdn = body.get("decision"), body.get("msisdn")
    if decision not in STANDING:
        raise _refuse(f"decision: {', '.join(STANDING)}")
    msisdn = "*" if msisdn == "*" else _msisdn(msisdn)
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
        values = [_msisdn(request.args["msisdn"])]
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


@control.get("/statement.csv")
def report() -> Response:
    """Give the transaction report of the partner portal: `?from=&to=` are days, both included."""
    simulator = _simulator()
    simulator.payers.settle_due()
    try:
        first, last = between(request.args)
    except InvalidDayError as fault:
        raise _refuse(str(fault)) from None
    rows = simulator.store.rows(
        "SELECT * FROM movement WHERE status = 'SUCCESSFUL' AND kind != 'preapproval' AND decided_at >= ? "
        "AND decided_at < ? ORDER BY financial_id",
        first,
        last,
    )
    return as_csv((_reported(row, simulator.config) for row in rows), "momo-transactions.csv")


def _reported(row: sqlite3.Row, config: Config) -> Line:
    comes_in = row["kind"] in COMES_IN
    parties = (row["msisdn"], config.merchant_msisdn) if comes_in else (config.merchant_msisdn, row["msisdn"])
    return Line(
        str(row["financial_id"]),
        row["external_id"],
        written(row["decided_at"]),
        "Successful",
        REPORTED_AS[row["kind"]],
        *parties,
        row["amount"],
        row["currency"],
        fee_of(row["amount"], config.fee_percent) if comes_in else "0",
    )


@control.get("/wallets")
def wallets() -> Response:
    """List the wallets somebody has described."""
    return as_json(200, {"wallets": [dict(row) for row in _simulator().store.rows("SELECT * FROM wallet")]})


@control.post("/wallet")
def wallet() -> Response:
    """Describe a phone's wallet: `amount` (null: bottomless), `active`, `given_name`, `family_name`."""
    body = _body()
    msisdn, amount, active = _msisdn(body.get("msisdn")), body.get("amount"), body.get("active", True)
    if amount is not None and (isinstance(amount, bool) or not _BALANCE.fullmatch(str(amount))):
        raise _refuse("amount: a number with at most two digits after the point, or null")
    if not isinstance(active, bool):
        raise _refuse("active: true or false")
    names = [body.get(name) for name in ("given_name", "family_name")]
    if not all(name is None or isinstance(name, str) for name in names):
        raise _refuse("names: text")
    with _simulator().store.transaction() as tx:
        tx.execute(
            "INSERT OR REPLACE INTO wallet VALUES (?, ?, ?, ?, ?)",
            (msisdn, None if amount is None else str(amount), active, *names),
        )
    return as_json(200, {"msisdn": msisdn, "amount": amount, "active": active})


@control.get("/faults")
def show_faults() -> Response:
    """Say which faults hold and which there are."""
    return as_json(200, _simulator().faults.describe())


@control.post("/faults")
def set_faults() -> Response:
    """Hold these faults and no others; `{}` clears."""
    body = _body()
    try:
        _simulator().faults.replace(body)
    except ValueError as fault:
        raise _refuse(str(fault)) from None
    return as_json(200, _simulator().faults.describe()["active"])


@control.post("/expire-tokens")
def expire_tokens() -> Response:
    """End every bearer given so far."""
    with _simulator().store.transaction() as tx:
        ended = tx.execute("DELETE FROM token").rowcount
    return as_json(200, {"ended": ended})
