"""Tokens, and the sandbox's provisioning of the users who ask for them."""

from __future__ import annotations

import secrets
from typing import Final
from uuid import uuid4

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import Stop, as_json, page
from sandbox.momo.answers import error
from sandbox.momo.config import SANDBOX
from sandbox.momo.doorkeeper import (
    check_basic,
    check_platform,
    check_subscription_key,
    is_new_platform,
    json_body,
    reference_of,
)
from sandbox.momo.simulator import Simulator, of

tokens: Final = Blueprint("tokens", __name__)


@tokens.post("/<any(collection, disbursement):product>/token/")
def token(product: str) -> Response:
    """Give a bearer for one product."""
    simulator = of(current_app)
    check_platform(simulator, product)
    if request.headers.get("Content-Length") is None:
        raise Stop(page(411, "<html><head><title>Length Required</title></head></html>"))
    if request.mimetype == "application/x-www-form-urlencoded" and request.get_data():
        raise Stop(page(200))
    target = request.headers.get("X-Target-Environment")
    if is_new_platform(simulator) and target != simulator.config.target_environment:
        raise Stop(as_json(400, {"error": "Invalid or missing X-Target-Environment header"}))
    api_user = check_basic(simulator, product)
    lifetime_s, value = simulator.config.token_lifetime_s, secrets.token_urlsafe(32)
    with simulator.store.transaction() as tx:
        tx.execute("DELETE FROM token WHERE expires_at <= ?", (simulator.clock(),))
        tx.execute("INSERT INTO token VALUES (?, ?, ?, ?)", (value, product, api_user, simulator.clock() + lifetime_s))
    return as_json(200, {"access_token": value, "token_type": "access_token", "expires_in": lifetime_s})


def _provisioning() -> Simulator:
    simulator = of(current_app)
    check_subscription_key(simulator, "collection")
    if simulator.config.target_environment != SANDBOX:  # elsewhere credentials come from the partner portal
        raise Stop(error(404, "RESOURCE_NOT_FOUND"))
    return simulator


@tokens.post("/v1_0/apiuser")
def create_api_user() -> Response:
    """Make an API user of the caller's own naming."""
    simulator = _provisioning()
    api_user = reference_of(request.headers.get("X-Reference-Id"))
    host = json_body().get("providerCallbackHost")
    if not isinstance(host, str) or not host:
        raise Stop(error(400, "BAD_REQUEST", "providerCallbackHost is missing"))
    with simulator.store.transaction() as tx:
        if tx.execute("SELECT 1 FROM credential WHERE api_user = ?", (api_user,)).fetchone():
            raise Stop(error(409, "RESOURCE_ALREADY_EXIST"))
        tx.execute("INSERT INTO credential VALUES (?, NULL, ?)", (api_user, host))
    return Response(status=201)


@tokens.get("/v1_0/apiuser/<api_user>")
def show_api_user(api_user: str) -> Response:
    """Show an API user."""
    row = _provisioning().store.row("SELECT * FROM credential WHERE api_user = ?", api_user.lower())
    if row is None:
        return error(404, "RESOURCE_NOT_FOUND")
    return as_json(200, {"providerCallbackHost": row["callback_host"], "targetEnvironment": SANDBOX})


@tokens.post("/v1_0/apiuser/<api_user>/apikey")
def create_api_key(api_user: str) -> Response:
    """Make an API user's key; an earlier one ends."""
    simulator = _provisioning()
    with simulator.store.transaction() as tx:
        key = uuid4().hex
        done = tx.execute("UPDATE credential SET api_key = ? WHERE api_user = ?", (key, api_user.lower()))
    return as_json(201, {"apiKey": key}) if done.rowcount else error(404, "RESOURCE_NOT_FOUND")
