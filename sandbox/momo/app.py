"""The simulator as a Flask app. `create_app` starts its threads; `simulator.of(app).close()` ends them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from sandbox.furniture.answers import Stop, as_json
from sandbox.momo.accounts import accounts
from sandbox.momo.config import Config
from sandbox.momo.control import control
from sandbox.momo.movements import movements
from sandbox.momo.report import report
from sandbox.momo.simulator import EXTENSION, Simulator, of
from sandbox.momo.tokens import tokens


def create_app(
    state_dir: str | Path,
    *,
    currency: str = "SSP",
    target_environment: str = "mtnsouthsudan",
    default_decision: str = "ask",
    clock: Callable[[], float] = time.time,
    **more: Any,
) -> Flask:
    """Build a platform over `state_dir`; `more` are the other fields of `Config`."""
    config = Config(currency=currency, target_environment=target_environment, default_decision=default_decision, **more)
    simulator = Simulator(Path(state_dir), config, clock)
    credentials = [(config.api_user, config.api_key), (config.disbursement_api_user, config.disbursement_api_key)]
    with simulator.store.transaction() as tx:
        tx.executemany(
            "INSERT OR REPLACE INTO credential VALUES (?, ?, ?)",
            [(user, key, config.callback_host) for user, key in credentials if user is not None],
        )
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = simulator
    for blueprint in (tokens, movements, accounts, control, report):
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
    return as_json(http, {"statusCode": http, "message": fault.name})


def _be_slow(response: Response) -> Response:
    """Late, but done: what was asked is committed by now."""
    if not request.path.startswith("/sandbox/"):
        slow_ms = of(current_app).faults.bite("slow_ms")
        if slow_ms:
            time.sleep(slow_ms / 1000)
    return response
