"""The simulator as a Flask app. `create_app` starts its threads; `simulator.of(app).close()` ends them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from sandbox.furniture.answers import Stop, as_json
from sandbox.orange.config import Config
from sandbox.orange.control import control
from sandbox.orange.page import page_of_theirs
from sandbox.orange.push import push
from sandbox.orange.report import report
from sandbox.orange.simulator import EXTENSION, Simulator, of
from sandbox.orange.tokens import tokens
from sandbox.orange.webpay import webpay


def create_app(
    state_dir: str | Path,
    *,
    currency: str = "SSP",
    default_decision: str = "ask",
    clock: Callable[[], float] = time.time,
    **more: Any,
) -> Flask:
    """Build an Orange over `state_dir`; `more` are the other fields of `Config`."""
    config = Config(currency=currency, default_decision=default_decision, **more)
    simulator = Simulator(Path(state_dir), config, clock)
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = simulator
    for blueprint in (tokens, push, webpay, page_of_theirs, control, report):
        app.register_blueprint(blueprint)
    app.register_error_handler(Stop, _answer)
    app.register_error_handler(HTTPException, _no_such_resource)
    app.after_request(_be_slow)
    simulator.start()
    return app


def _answer(stop: Stop) -> Response:
    return stop.response


def _no_such_resource(fault: HTTPException) -> Response:
    http = fault.code or 500
    return as_json(http, {"code": http, "message": fault.name, "description": fault.name})


def _be_slow(response: Response) -> Response:
    """Late, but done: what was asked is committed by now."""
    if not request.path.startswith("/sandbox/"):
        slow_ms = of(current_app).faults.bite("slow_ms")
        if slow_ms:
            time.sleep(slow_ms / 1000)
    return response
