"""A payment as Orange shows it: in a status answer and in a callback."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from sandbox.furniture.faults import Faults
from sandbox.orange.config import Config
from sandbox.orange.words import FAILED, INITIATED, PENDING, PUSHED_AS, STARTED, SUCCESS


def push_body(payment: sqlite3.Row, faults: Faults, config: Config, message: str) -> dict[str, Any]:
    """Return the envelope of merchant push."""
    decided, started = payment["decided_at"] is not None, payment["status"] == PENDING
    return {
        "message": message,
        "data": {
            "id": payment["number"],
            "createtime": str(int(payment["created_at"])),
            "subscriberMsisdn": faults.bite("payer_as") or at_home(payment["msisdn"], config),
            "amount": faults.bite("amount_as") or payment["amount"],
            "payToken": payment["token"],
            "txnid": payment["txn_id"],
            "txnmode": payment["order_id"],
            "inittxnmessage": STARTED if started or payment["decision"] else payment["message"],
            "inittxnstatus": "200" if started or payment["decision"] else "60019",
            "confirmtxnstatus": "200" if payment["status"] == SUCCESS else None,
            "confirmtxnmessage": payment["message"] if decided else None,
            "status": _status(payment, faults),
            "notifUrl": payment["callback_url"],
            "description": payment["description"],
            "channelUserMsisdn": at_home(config.channel_msisdn, config),
        },
    }


def _status(payment: sqlite3.Row, faults: Faults) -> str:
    status = str(payment["status"])
    if status == SUCCESS:
        status = str(faults.bite("success_as") or PUSHED_AS[SUCCESS])
    return status if status == PENDING else str(faults.bite("status_as") or status)


def page_body(payment: sqlite3.Row, faults: Faults) -> dict[str, Any]:
    """Return a status of web payment."""
    status = str(payment["status"])
    if status not in (INITIATED, PENDING):
        status = str(faults.bite("status_as") or status)
    return {"status": status, "order_id": payment["order_id"], "txnid": payment["txn_id"] or ""}


def at_home(msisdn: str, config: Config) -> str:
    """Digits as they are dialled in the country."""
    return msisdn.removeprefix(config.country_code)


def callback_body(payment: sqlite3.Row, faults: Faults, wishes: set[str]) -> str:
    """Return what the callback says, true or not."""
    if "broken_body" in wishes:
        return '{"status": "SUCCESS", "amount": '
    status = str(payment["status"])
    if "wrong_body" in wishes:
        status = FAILED if status == SUCCESS else SUCCESS
    if payment["mode"] == "webpay":
        body: dict[str, Any] = {"status": status, "notif_token": payment["notify_token"], "txnid": payment["txn_id"]}
        if "no_reference" in wishes:
            del body["notif_token"]
        return json.dumps(body)
    body = {
        "payToken": payment["token"],
        "status": PUSHED_AS.get(status, status),
        "message": payment["message"] or "OK",
    }
    if "no_reference" in wishes:
        del body["payToken"]
    if "wrong_body" in wishes:
        body["amount"] = "999999"
    return json.dumps({"payment": body} if faults.bite("callback_as") == "nested" else body)
