"""Bearers: each mode has a door of its own to them."""

from __future__ import annotations

import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import as_json
from sandbox.orange.doorkeeper import bad, check_door
from sandbox.orange.simulator import of

tokens: Final = Blueprint("tokens", __name__)


@tokens.post("/oauth/v2/token", defaults={"mode": "webpay"})
@tokens.post("/oauth/v3/token", defaults={"mode": "webpay"})
@tokens.post("/token", defaults={"mode": "omcore"})
def token(mode: str) -> Response:
    """Give a bearer for one mode."""
    simulator = of(current_app)
    check_door(simulator, "token")
    scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, key = b64decode(pair, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        user = key = ""
    if scheme != "Basic" or (user, key) != (simulator.config.client_id, simulator.config.client_secret):
        return as_json(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
    if request.form.get("grant_type") != "client_credentials":
        raise bad("grant_type must be client_credentials")
    value, lifetime_s = secrets.token_urlsafe(24), simulator.config.token_lifetime_s
    with simulator.store.transaction() as tx:
        tx.execute("DELETE FROM bearer WHERE expires_at <= ?", (simulator.clock(),))
        tx.execute("INSERT INTO bearer VALUES (?, ?, ?)", (value, mode, simulator.clock() + lifetime_s))
    return as_json(200, {"token_type": "Bearer", "access_token": value, "expires_in": lifetime_s})
