"""The provider's port: its API for the product, its control surface for people and tests."""

from __future__ import annotations

import contextlib
import hmac
import logging
import random
import re
import socket
import time
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.aggregator.courier import Courier
from sandbox.aggregator.faults import FaultBox, InvalidFaultsError, read_faults
from sandbox.aggregator.settings import Account, Clock, ProductUrls
from sandbox.aggregator.sms import Exchange
from sandbox.aggregator.store import Store
from sandbox.aggregator.ussd import OtherPhoneError, SessionOverError, Switchboard
from sandbox.phones import InvalidPhoneError, e164

REPORT_DELAY_S: Final = 0.3
BODY_BYTES_MAX: Final = 1_000_000
MESSAGES_MAX: Final = 100_000
SESSION: Final = re.compile(r"[!-~]{1,100}")
WRONG_KEY: Final = "The supplied authentication is invalid"

log = logging.getLogger(__name__)


def create_app(
    state_dir: Path,
    *,
    username: str,
    api_key: str,
    product_urls: ProductUrls,
    service_code: str,
    short_code: str,
    clock: Clock,
    report_delay_s: float = REPORT_DELAY_S,
) -> Flask:
    """Make the provider; its courier thread runs until `app.extensions["aggregator"].close()`."""
    provider = Provider(
        state_dir,
        Account(username, api_key, service_code, short_code),
        product_urls,
        clock,
        report_delay_s,
    )
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_BYTES_MAX
    app.extensions["aggregator"] = provider
    _add_api(app, provider)
    _add_control(app, provider)
    provider.courier.start()
    return app


class Provider:
    """All of the provider's parts, wired."""

    def __init__(
        self, state_dir: Path, account: Account, urls: ProductUrls, clock: Clock, report_delay_s: float
    ) -> None:
        self.account = account
        self.faults = FaultBox(random.Random())
        self.store = Store(state_dir)
        self.courier = Courier(self.store, urls, self.faults)
        self.exchange = Exchange(
            account=account,
            store=self.store,
            courier=self.courier,
            faults=self.faults,
            clock=clock,
            report_delay_s=report_delay_s,
        )
        self.switchboard = Switchboard(
            account=account,
            urls=urls,
            store=self.store,
            courier=self.courier,
            faults=self.faults,
            clock=clock,
        )

    def close(self) -> None:
        """Stop calling the product and close the file."""
        self.courier.close()
        self.store.close()


def _add_api(app: Flask, provider: Provider) -> None:
    def key_is_right(username: str) -> bool:
        key = request.headers.get("apiKey", "")
        return hmac.compare_digest(key.encode(), provider.account.api_key.encode()) and (
            username == provider.account.username
        )

    @app.post("/version1/messaging")
    def send() -> Response:
        if not key_is_right(request.form.get("username", "")):
            return _plain(401, WRONG_KEY)
        for name in ("to", "message"):
            if not request.form.get(name):
                return _plain(400, f"Request is missing required form field '{name}'")
        faults = provider.faults.now
        time.sleep(faults.delay_ms / 1000)
        if faults.http_status:
            return _plain(faults.http_status, "Something went wrong on our side.")
        answer = jsonify(provider.exchange.take(request.form))
        answer.status_code = 201
        if provider.faults.drops_this_answer():
            _cut_the_line()
        return answer

    @app.get("/version1/messaging")
    def fetch() -> Response:
        if not key_is_right(request.args.get("username", "")):
            return _plain(401, WRONG_KEY)
        return jsonify(provider.exchange.fetch(request.args.get("lastReceivedId", "0")))


def _add_control(app: Flask, provider: Provider) -> None:
    @app.get("/sandbox/messages")
    def messages() -> Response:
        return jsonify(messages=provider.exchange.messages(_asked_phone("to"), _asked_limit()))

    @app.get("/sandbox/inbound")
    def inbound() -> Response:
        return jsonify(messages=provider.exchange.received(_asked_phone("from"), _asked_limit()))

    @app.post("/sandbox/sms")
    def sms() -> Response:
        body = _body()
        inbound_id = body.get("id")
        phone, text = e164(body.get("from"), "from"), _typed(body, "text")
        return jsonify(provider.exchange.receive(phone, text, str(inbound_id) if inbound_id else None))

    @app.post("/sandbox/ussd")
    def ussd() -> Response:
        body = _body()
        session, typed = _session(body), _typed(body, "input")
        if session is None:
            screen = provider.switchboard.dial(e164(body.get("phone"), "phone"), typed)
        elif body.get("phone") is None and provider.switchboard.knows(session):
            screen = provider.switchboard.press(session, typed)
        else:
            screen = provider.switchboard.go_on(session, e164(body.get("phone"), "phone"), typed)
        return jsonify(screen.as_json())

    @app.post("/sandbox/ussd/repeat")
    def ussd_repeat() -> Response:
        return jsonify(provider.switchboard.repeat(_session(_body()) or "").as_json())

    @app.post("/sandbox/ussd/end")
    def ussd_end() -> Response:
        session = _session(_body()) or ""
        provider.switchboard.hang_up(session)
        return jsonify({"session": session, "status": "Incomplete"})

    @app.post("/sandbox/optout")
    def optout() -> Response:
        phone = e164(_body().get("phone"), "phone")
        provider.exchange.opt_out(phone)
        return jsonify({"phone": phone, "status": "opted out"})

    @app.post("/sandbox/optin")
    def optin() -> Response:
        phone = e164(_body().get("phone"), "phone")
        provider.exchange.opt_in(phone)
        return jsonify({"phone": phone, "status": "opted in"})

    @app.route("/sandbox/faults", methods=["GET", "POST"])
    def faults() -> Response:
        if request.method == "POST":
            provider.faults.set(read_faults(_body()))
        now = provider.faults.now
        return jsonify(
            drop=now.drop, delay_ms=now.delay_ms, duplicate=now.duplicate, error=now.error, reports=now.reports
        )

    @app.errorhandler(InvalidOrderError)
    @app.errorhandler(InvalidPhoneError)
    @app.errorhandler(OtherPhoneError)
    @app.errorhandler(InvalidFaultsError)
    def invalid(error: Exception) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @app.errorhandler(SessionOverError)
    def over(error: Exception) -> tuple[Response, int]:
        return jsonify(error=f"session {error} is over or never was"), 409

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500


class InvalidOrderError(ValueError):
    """A control request that cannot be understood, in one sentence."""


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise InvalidOrderError("the body is a JSON object")
    return body


def _typed(body: dict[str, Any], name: str) -> str:
    """What was typed on the keys; a program may send digits as a number."""
    typed = body.get(name)
    if typed is None:
        return ""
    if isinstance(typed, bool) or not isinstance(typed, str | int):
        raise InvalidOrderError(f"{name} is a text")
    return str(typed)


def _session(body: dict[str, Any]) -> str | None:
    session = body.get("session")
    if session is None or session == "":
        return None
    if isinstance(session, bool) or not isinstance(session, str | int) or not SESSION.fullmatch(str(session)):
        raise InvalidOrderError("session is an id of up to 100 letters, digits and signs without blanks")
    return str(session)


def _asked_phone(name: str) -> str | None:
    """A phone in the query; None asks for all."""
    phone = request.args.get(name, "")
    return e164(phone, name) if phone else None


def _asked_limit() -> int:
    """How many of the newest to list; all unless asked."""
    limit = request.args.get("limit", "")
    return int(limit) if limit.isascii() and limit.isdecimal() else MESSAGES_MAX


def _plain(status: int, text: str) -> Response:
    return Response(text, status, mimetype="text/plain")


def _cut_the_line() -> None:
    """The answer is lost: the caller sees the connection end without a byte."""
    line = request.environ.get("werkzeug.socket")
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
