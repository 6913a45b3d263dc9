"""What MTN looks at before the request itself: keys, bearer, headers. In its order, with its words."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import request

from sandbox.furniture.answers import Stop, as_json, page
from sandbox.momo.answers import error
from sandbox.momo.config import SANDBOX
from sandbox.momo.simulator import Simulator

UUID_SHAPE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
BODY_BYTES_MAX: Final = 64 * 1024
_KEY_REFUSED: Final = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)


def check_platform(simulator: Simulator, product: str) -> None:
    """Refuse what never gets past the gateway in front."""
    if simulator.faults.bite("down"):
        raise Stop(error(503, "SERVICE_UNAVAILABLE"))
    if is_new_platform(simulator) and "python-requests" in request.headers.get("User-Agent", ""):
        raise Stop(page(403))
    if _is_blocked(simulator):
        raise Stop(page(200))
    check_subscription_key(simulator, product)


def is_new_platform(simulator: Simulator) -> bool:
    """Whether the new gateway's rules hold."""
    return simulator.config.new_platform or bool(simulator.faults.peek("new_platform"))


def _is_blocked(simulator: Simulator) -> bool:
    wanted = simulator.faults.peek("html_page")
    here = "token" if request.path.endswith("/token/") else "request" if request.method == "POST" else "status"
    return wanted in (True, "all", here) and simulator.faults.bite("html_page") is not None


def check_subscription_key(simulator: Simulator, product: str) -> None:
    """Refuse a subscription key that is not this product's."""
    config = simulator.config
    key = config.subscription_key
    if product == "disbursement" and config.disbursement_subscription_key is not None:
        key = config.disbursement_subscription_key
    if request.headers.get("Ocp-Apim-Subscription-Key") != key:
        raise Stop(as_json(401, {"statusCode": 401, "message": _KEY_REFUSED}))


def check_basic(simulator: Simulator, product: str) -> str:
    """Return the API user whose user and key came with the token request; each product may have its own."""
    scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, key = b64decode(pair, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        user = key = ""
    known = simulator.store.row("SELECT api_key FROM credential WHERE api_user = ?", user)
    payer_out = simulator.config.disbursement_api_user
    wrong_product = payer_out is not None and (user == payer_out) != (product == "disbursement")
    if scheme != "Basic" or known is None or known["api_key"] is None or known["api_key"] != key or wrong_product:
        raise Stop(as_json(401, {"error": "login_failed"}))
    return user


def check_bearer(simulator: Simulator, product: str) -> str:
    """Return the API user behind the bearer; refuse one that is unknown, stale or of another product."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = simulator.store.row("SELECT * FROM token WHERE token = ?", token)
    fits = row is not None and (row["product"] == product or simulator.config.target_environment == SANDBOX)
    if scheme != "Bearer" or row is None or not fits or row["expires_at"] <= simulator.clock():
        raise Stop(as_json(401, {"error": "invalid_token"}))
    return str(row["api_user"])


def check_target_environment(simulator: Simulator) -> None:
    """Refuse a call meant for another country."""
    target = request.headers.get("X-Target-Environment")
    if not target:
        raise Stop(error(400, "BAD_REQUEST", "X-Target-Environment is missing"))
    if target != simulator.config.target_environment:
        raise Stop(error(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"))


def reference_of(text: str | None) -> str:
    """Return the reference in lower case; only random UUIDs are taken."""
    if not text or not UUID_SHAPE.fullmatch(text) or UUID(text).version != 4:  # noqa: PLR2004
        raise Stop(error(400, "BAD_REQUEST", "the reference id must be a UUID version 4"))
    return text.lower()


def callback_url(simulator: Simulator, api_user: str) -> str | None:
    """Return where the callback goes, or None when the header is absent. Present but empty is refused."""
    url = request.headers.get("X-Callback-Url")
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise Stop(error(400, "BAD_REQUEST", "X-Callback-Url is not a callback URL"))
    row = simulator.store.row("SELECT callback_host FROM credential WHERE api_user = ?", api_user)
    host = row["callback_host"] if row else None
    if host is not None and host != parts.hostname:
        raise Stop(error(500, "INVALID_CALLBACK_URL_HOST"))
    return url


def json_body() -> dict[str, Any]:
    """Return the JSON object sent; anything else is refused."""
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise Stop(error(413, "BAD_REQUEST", "too large"))
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or request.mimetype != "application/json":
        raise Stop(error(400, "BAD_REQUEST", "the body must be a JSON object"))
    return body
