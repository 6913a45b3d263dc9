"""What Orange looks at before the request itself: bearer, X-AUTH-TOKEN, body."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from flask import current_app, request

from sandbox.furniture.answers import Stop, as_json, page
from sandbox.orange.simulator import Simulator, of

BODY_BYTES_MAX: Final = 64 * 1024


def enter(mode: str, step: str) -> Simulator:
    """Let the caller in to a `step` (token, init, request, status) of a mode, or not."""
    simulator = of(current_app)
    check_door(simulator, step)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = simulator.store.row("SELECT * FROM bearer WHERE token = ? AND mode = ?", token, mode)
    if scheme != "Bearer" or row is None or row["expires_at"] <= simulator.clock():
        raise Stop(as_json(401, {"code": 42, "message": "Expired credentials", "description": "Not valid"}))
    if mode == "omcore" and request.headers.get("X-AUTH-TOKEN") != simulator.config.auth_token:
        raise Stop(as_json(401, {"message": "X-AUTH-TOKEN invalide", "data": None}))
    return simulator


def check_door(simulator: Simulator, step: str) -> None:
    """Refuse what never gets past the gateway in front."""
    if simulator.faults.bite("down"):
        raise Stop(as_json(503, {"code": 5, "message": "The service is temporarily unavailable"}))
    wanted = simulator.faults.peek("html_page")
    if wanted in (True, "all", step) and simulator.faults.bite("html_page") is not None:
        raise Stop(page(200))


def json_body() -> dict[str, Any]:
    """Return the JSON object sent, whatever it says it is: clients in use call it a form. Numbers stay exact."""
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise bad("too large", 413)
    try:
        body = json.loads(request.get_data(), parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        body = None
    if not isinstance(body, dict):
        raise bad("the body must be a JSON object")
    return body


def text_of(body: dict[str, Any], name: str, chars_max: int, *, needed: bool = True) -> str:
    """Return a field that must be text."""
    value = body.get(name, "" if not needed else None)
    if not isinstance(value, str) or len(value) > chars_max or (needed and not value):
        raise bad(f"{name}: at most {chars_max} characters")
    return value


def bad(description: str, http: int = 400) -> Stop:
    """What they answer to a caller's mistake."""
    return Stop(as_json(http, {"code": 24, "message": "Invalid request", "description": description}))
