"""A movement as MTN shows it: in a status answer and in a callback."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from sandbox.furniture.faults import Faults
from sandbox.momo.words import FAILED, MESSAGES, SUCCESSFUL

_PAYS: Final = ("requesttopay", "requesttowithdraw")
_APPROVAL: Final = {SUCCESSFUL: "APPROVED", "APPROVAL_REJECTED": "REJECTED", "EXPIRED": "EXPIRED"}


def status_body(movement: sqlite3.Row, faults: Faults) -> dict[str, Any]:
    """Return the body of a status answer, in whichever of MTN's shapes the faults ask for."""
    if movement["kind"] == "preapproval":
        return preapproval_body(movement)
    number = _numbers if faults.bite("numbers_as") == "number" else _strings
    body: dict[str, Any] = {
        "amount": number(faults.bite("amount_as") or movement["amount"]),
        "currency": faults.bite("currency_as") or movement["currency"],
        "externalId": number(movement["external_id"]),
    }
    if movement["status"] == SUCCESSFUL:
        body["financialTransactionId"] = number(str(movement["financial_id"]))
    party_id = number(faults.bite("payer_as") or movement["msisdn"])
    party = "payer" if movement["kind"] in _PAYS else "payee"
    body[party] = {"partyIdType": movement["party_type"], "partyId": party_id}
    body["payerMessage"] = movement["payer_message"]
    body["payeeNote"] = movement["payee_note"]
    body["status"] = movement["status"]
    if movement["status"] == FAILED:
        body["reason"] = _reason(movement["reason"], faults.bite("reason_as"))
    if movement["status"] != "PENDING":
        body["status"] = faults.bite("status_as") or movement["status"]
    return body


def preapproval_body(movement: sqlite3.Row) -> dict[str, Any]:
    """Return a preapproval, whose statuses have names of their own."""
    extra = json.loads(movement["extra"])
    status = movement["status"]
    if status == FAILED:
        status = "CANCELLED" if movement["reason"] == "TRANSACTION_CANCELED" else FAILED
        status = _APPROVAL.get(movement["reason"], status)
    body = {
        "payer": {"partyIdType": movement["party_type"], "partyId": movement["msisdn"]},
        "payerCurrency": movement["currency"],
        "payerMessage": movement["payer_message"],
        "status": _APPROVAL.get(status, status),
        **extra,
    }
    if movement["status"] == FAILED and body["status"] == FAILED:
        body["reason"] = _reason(movement["reason"], None)
    return body


def _reason(word: str, shape: str | None) -> object:
    if shape == "string":
        return word
    return {"code": word, "message": MESSAGES.get(word, word)}


def _strings(text: str) -> str:
    return text


def _numbers(text: str) -> Any:
    """The number a text spells, else the text: MTN's own examples show both."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def callback_body(movement: sqlite3.Row, faults: Faults, wishes: set[str]) -> str:
    """Return what the callback says, true or not."""
    if "broken_body" in wishes:
        return '{"status": "SUCCESSFUL", "amount": '
    body = status_body(movement, faults)
    if "wrong_body" in wishes:
        body["status"] = SUCCESSFUL if movement["status"] == FAILED else FAILED
        body["amount"] = "999999"
        body["financialTransactionId"] = "1"
    if "no_reference" in wishes:
        body.pop("externalId", None)
    if "with_reference" in wishes:
        body["referenceId"] = movement["reference"]
    return json.dumps(body)
