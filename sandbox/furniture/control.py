"""What the control surfaces of pretend providers share: bodies, phones, wallets."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from flask import request

from sandbox.furniture.answers import Stop, as_json
from sandbox.furniture.store import Store
from sandbox.phones import InvalidPhoneError, e164

BODY_BYTES_MAX: Final = 64 * 1024
_BALANCE: Final = re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII)


def refuse(sentence: str, http: int = 400) -> Stop:
    """What is answered to an order that cannot be carried out."""
    return Stop(as_json(http, {"error": sentence}))


def body_of() -> dict[str, Any]:
    """Return the JSON object sent; anything else is refused."""
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise refuse("the body is too large", 413)
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise refuse("send a JSON object")
    return body


def msisdn_of(typed: object) -> str:
    """The number as providers keep it: digits with the country code."""
    try:
        return e164(typed, "msisdn").removeprefix("+")
    except InvalidPhoneError as fault:
        raise refuse(str(fault)) from None


def wallet_of(store: Store, body: dict[str, Any]) -> dict[str, Any]:
    """Describe a phone's wallet: `amount` (null: bottomless), `active`, `given_name`, `family_name`."""
    msisdn, amount, active = msisdn_of(body.get("msisdn")), body.get("amount"), body.get("active", True)
    if amount is not None and (isinstance(amount, bool) or not _BALANCE.fullmatch(str(amount))):
        raise refuse("amount: a number with at most two digits after the point, or null")
    if not isinstance(active, bool):
        raise refuse("active: true or false")
    names = [body.get(name) for name in ("given_name", "family_name")]
    if not all(name is None or isinstance(name, str) for name in names):
        raise refuse("names: text")
    with store.transaction() as tx:
        tx.execute(
            "INSERT OR REPLACE INTO wallet VALUES (?, ?, ?, ?, ?)",
            (msisdn, None if amount is None else str(amount), active, *names),
        )
    return {"msisdn": msisdn, "amount": amount, "active": active}
