"""Money in and out: requests, transfers, deposits, refunds and preapprovals, with their statuses."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import Stop, as_json, hang_up, page
from sandbox.momo.answers import error
from sandbox.momo.doorkeeper import (
    callback_url,
    check_bearer,
    check_platform,
    check_target_environment,
    json_body,
    reference_of,
)
from sandbox.momo.payers import Asked, DuplicateReferenceError
from sandbox.momo.rendering import preapproval_body, status_body
from sandbox.momo.simulator import Simulator, of
from sandbox.momo.words import PENDING, SUCCESSFUL

movements: Final = Blueprint("movements", __name__)

MESSAGE_CHARS_MAX: Final = 160
_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,4})?", re.ASCII)
_MSISDN: Final = re.compile(r"\d{6,15}", re.ASCII)
_FORBIDDEN_SIGNS: Final = re.compile(r"['&\"<>;]")
_PARTY: Final = {"requesttopay": "payer", "requesttowithdraw": "payer", "transfer": "payee", "deposit": "payee"}
_CREATING: Final = (
    ("/collection/v1_0/requesttopay", "requesttopay"),
    ("/collection/v1_0/requesttowithdraw", "requesttowithdraw"),
    ("/collection/v2_0/requesttowithdraw", "requesttowithdraw"),
    ("/collection/v2_0/preapproval", "preapproval"),
    ("/disbursement/v1_0/transfer", "transfer"),
    ("/disbursement/v1_0/deposit", "deposit"),
    ("/disbursement/v2_0/deposit", "deposit"),
    ("/disbursement/v1_0/refund", "refund"),
    ("/disbursement/v2_0/refund", "refund"),
)
_READING: Final = (
    ("/collection/v1_0/requesttopay", "requesttopay"),
    ("/collection/v1_0/requesttowithdraw", "requesttowithdraw"),
    ("/collection/v2_0/preapproval", "preapproval"),
    ("/disbursement/v1_0/transfer", "transfer"),
    ("/disbursement/v1_0/deposit", "deposit"),
    ("/disbursement/v1_0/refund", "refund"),
)


def _enter() -> tuple[Simulator, str]:
    """Let the caller in, or not; returns the API user."""
    simulator, product = of(current_app), request.path.split("/")[1]
    check_platform(simulator, product)
    api_user = check_bearer(simulator, product)
    check_target_environment(simulator)
    return simulator, api_user


def create(kind: str) -> Response:
    """Take a request: 202 means no more than that."""
    simulator, api_user = _enter()
    reference = reference_of(request.headers.get("X-Reference-Id"))
    asked = _asked(simulator, kind, reference, callback_url(simulator, api_user))
    code = simulator.faults.bite("request_code")
    if code:
        return error(500, code)
    if simulator.faults.bite("lose_request"):
        return hang_up()
    try:
        simulator.payers.take(asked)
    except DuplicateReferenceError:
        return error(409, "RESOURCE_ALREADY_EXIST")
    lost = simulator.faults.bite("lose_answer_take_money")
    if lost == "500":
        return error(500, "INTERNAL_PROCESSING_ERROR")
    if lost == "html":
        return page(200)
    return hang_up() if lost else Response(status=202)


def _asked(simulator: Simulator, kind: str, reference: str, url: str | None) -> Asked:
    body = json_body()
    if kind == "preapproval":
        return _asked_preapproval(simulator, reference, url, body)
    amount, currency = body.get("amount"), body.get("currency")
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount) or Decimal(amount) <= 0:
        raise Stop(error(400, "BAD_REQUEST", "amount: a positive number, as a string"))
    if currency != simulator.config.currency:
        raise Stop(error(500, "INVALID_CURRENCY"))
    refund_of = None
    if kind == "refund":
        origin = _refunded(simulator, body, Decimal(amount))
        party_type, msisdn, refund_of = origin["party_type"], origin["msisdn"], origin["reference"]
    else:
        name = _PARTY[kind]
        if kind == "deposit" and "payer" in body:  # clients in use name the one who gets the deposit so
            name = "payer"
        party_type, msisdn = _party(body, name)
    return Asked(
        reference=reference,
        kind=kind,
        party_type=party_type,
        msisdn=msisdn,
        amount=amount,
        currency=str(currency),
        external_id=_external_id(body),
        payer_message=_message(body, "payerMessage"),
        payee_note=_message(body, "payeeNote"),
        callback_url=url,
        refund_of=refund_of,
    )


def _asked_preapproval(simulator: Simulator, reference: str, url: str | None, body: dict[str, Any]) -> Asked:
    party_type, msisdn = _party(body, "payer")
    frequency, validity = body.get("frequency", "MONTHLY"), body.get("validityTime", 3600)
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY") or type(validity) is not int or validity <= 0:
        raise Stop(error(400, "BAD_REQUEST", "validityTime: seconds; frequency: DAILY, WEEKLY or MONTHLY"))
    if body.get("payerCurrency") != simulator.config.currency:
        raise Stop(error(500, "INVALID_CURRENCY"))
    ends = datetime.fromtimestamp(simulator.clock() + validity, UTC).isoformat(timespec="seconds")
    return Asked(
        reference=reference,
        kind="preapproval",
        party_type=party_type,
        msisdn=msisdn,
        amount="0",
        currency=simulator.config.currency,
        external_id="",
        payer_message=_message(body, "payerMessage"),
        payee_note="",
        callback_url=url,
        extra={"frequency": frequency, "expirationDateTime": ends},
    )


def _party(body: dict[str, Any], name: str) -> tuple[str, str]:
    party = body.get(name)
    kind, ident = (party.get("partyIdType"), party.get("partyId")) if isinstance(party, dict) else (None, None)
    if kind not in ("MSISDN", "EMAIL", "PARTY_CODE") or not isinstance(ident, str) or not ident:
        raise Stop(error(400, "BAD_REQUEST", f"{name}: partyIdType and partyId"))
    if kind == "MSISDN" and not _MSISDN.fullmatch(ident):
        raise Stop(error(400, "BAD_REQUEST", f"{name}: digits with the country code and no plus"))
    return kind, ident


def _external_id(body: dict[str, Any]) -> str:
    external_id = body.get("externalId", "")
    if not isinstance(external_id, str):
        raise Stop(error(400, "BAD_REQUEST", "externalId: a string"))
    return external_id


def _message(body: dict[str, Any], name: str) -> str:
    text = body.get(name, "")
    if not isinstance(text, str) or len(text) > MESSAGE_CHARS_MAX or _FORBIDDEN_SIGNS.search(text):
        raise Stop(error(400, "BAD_REQUEST", f"{name}: at most {MESSAGE_CHARS_MAX} plain characters"))
    return text


def _refunded(simulator: Simulator, body: dict[str, Any], amount: Decimal) -> sqlite3.Row:
    origin = simulator.store.row(
        "SELECT * FROM movement WHERE reference = ? AND kind = 'requesttopay' AND status = 'SUCCESSFUL'",
        str(body.get("referenceIdToRefund", "")).lower(),
    )
    if origin is None:
        raise Stop(error(404, "RESOURCE_NOT_FOUND"))
    before = simulator.store.rows(
        "SELECT amount FROM movement WHERE refund_of = ? AND status != 'FAILED'", origin["reference"]
    )
    if amount + sum(Decimal(row["amount"]) for row in before) > Decimal(origin["amount"]):
        raise Stop(error(500, "NOT_ALLOWED", "more than was paid"))
    return origin


def read(reference: str, kind: str) -> Response:
    """Say what became of a request: 200 for pending, successful and failed alike."""
    simulator, _ = _enter()
    reference = reference_of(reference)
    simulator.payers.settle_due()
    if simulator.faults.bite("status_500"):
        return error(500, "INTERNAL_PROCESSING_ERROR")
    if simulator.faults.bite("status_429"):
        return error(429, "TOO_MANY_REQUESTS", "Rate limit is exceeded.")
    with simulator.store.transaction() as tx:
        tx.execute("UPDATE movement SET status_reads = status_reads + 1 WHERE reference = ?", (reference,))
        movement = tx.execute("SELECT * FROM movement WHERE reference = ? AND kind = ?", (reference, kind)).fetchone()
    if movement is None or movement["status_reads"] <= (simulator.faults.peek("status_404_first") or 0):
        return error(404, "RESOURCE_NOT_FOUND")
    return as_json(200, status_body(movement, simulator.faults))


@movements.post("/collection/v1_0/requesttopay/<reference>/deliverynotification")
def notify(reference: str) -> Response:
    """Send the payer a text about a payment that succeeded."""
    simulator, _ = _enter()
    movement = simulator.store.row("SELECT * FROM movement WHERE reference = ?", reference_of(reference))
    if movement is None:
        return error(404, "RESOURCE_NOT_FOUND")
    text = request.headers.get("notificationMessage") or json_body().get("notificationMessage")
    if movement["status"] != SUCCESSFUL or not isinstance(text, str) or not 0 < len(text) <= MESSAGE_CHARS_MAX:
        return error(400, "BAD_REQUEST", "a short message about a successful payment")
    with simulator.store.transaction() as tx:
        tx.execute("INSERT INTO notification VALUES (?, ?, ?)", (movement["reference"], text, simulator.clock()))
    return Response(status=200)


@movements.get("/collection/v1_0/preapprovals/<any(msisdn, MSISDN):_kind>/<msisdn>")
def preapprovals(_kind: str, msisdn: str) -> Response:
    """List the preapprovals that stand for a phone."""
    simulator, _ = _enter()
    simulator.payers.settle_due()
    rows = simulator.store.rows(
        "SELECT * FROM movement WHERE kind = 'preapproval' AND status = 'SUCCESSFUL' AND msisdn = ? ORDER BY number",
        msisdn,
    )
    return as_json(200, [{"preApprovalId": row["reference"], **preapproval_body(row)} for row in rows])


@movements.delete("/collection/v1_0/preapproval/<reference>")
def cancel_preapproval(reference: str) -> Response:
    """Take a preapproval back."""
    simulator, _ = _enter()
    row = simulator.store.row(
        "SELECT * FROM movement WHERE kind = 'preapproval' AND reference = ?", reference_of(reference)
    )
    if row is None or row["status"] not in (PENDING, SUCCESSFUL):
        return error(404, "RESOURCE_NOT_FOUND")
    simulator.payers.cancel(row["reference"])
    return Response(status=200)


for _path, _kind in _CREATING:
    movements.add_url_rule(
        _path, f"create:{_path[1:].replace('/', ':')}", create, methods=["POST"], defaults={"kind": _kind}
    )
for _path, _kind in _READING:
    movements.add_url_rule(
        f"{_path}/<reference>", f"read:{_path[1:].replace('/', ':')}", read, defaults={"kind": _kind}
    )
