"""The control surface: the same hands over HTTP, in JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.routeros.hotspot import LoginRefused
from sandbox.routeros.simulator import SimulatedRouter
from sandbox.routeros.values import BadValue

BODY_BYTES_MAX: Final = 65_536
NAMES: Final = ("router", "name")
OF_ALL: Final = frozenset({"unplug", "replug", "power-cycle", "clock-reset"})  # done to every router if none is named
ALIASES: Final = {"reset-clock": "clock-reset"}

Act = Callable[[SimulatedRouter, Mapping[str, Any]], dict[str, Any]]


class BadBody(Exception):
    """A body that lacks something or holds the wrong kind of thing."""


def control_app(routers: Iterable[SimulatedRouter] | Mapping[str, SimulatedRouter]) -> Flask:
    """Make the web application that controls these routers."""
    listed = routers.values() if isinstance(routers, Mapping) else routers
    by_name = {router.name: router for router in listed}
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX

    @app.get("/sandbox/state")
    def state() -> ResponseReturnValue:
        wanted = request.args.get("router", request.args.get("name"))
        if wanted is None:
            return jsonify(routers=[router.state() for router in by_name.values()])
        if wanted not in by_name:
            return _no(404, "no such router")
        return jsonify(by_name[wanted].state())

    @app.post("/sandbox/routers/<name>/<act>")
    def act_on(name: str, act: str) -> ResponseReturnValue:
        body = _body()
        _named(body or {})  # the path has said it
        return _act([by_name[name]] if name in by_name else [], act, body)

    @app.post("/sandbox/<act>")
    def act_on_named(act: str) -> ResponseReturnValue:
        body = _body()
        name = _named(body or {})
        if name is None and (len(by_name) == 1 or _plainly(act) in OF_ALL):
            return _act(list(by_name.values()), act, body)
        if name is None and _plainly(act) in _ACTS:
            return _no(400, f'name the router, as in {{"router": "{next(iter(by_name), "juba-town")}"}}')
        return _act([by_name[name]] if name in by_name else [], act, body)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        return _no(error.code or 500, error.description or error.name)

    return app


def _plainly(act: str) -> str:
    """The act's own name for any way of writing it: `power_cycle`, `reset-clock`."""
    dashed = act.replace("_", "-")
    return ALIASES.get(dashed, dashed)


def _named(body: dict[str, Any]) -> str | None:
    """The router that is meant, by `router` or `name`, in the body or else the query; taken out of the body."""
    given = [body.pop(key, None) for key in NAMES] + [request.args.get(key) for key in NAMES]
    return next((str(name) for name in given if name is not None), None)


def _act(routers: list[SimulatedRouter], act: str, body: dict[str, Any] | None) -> ResponseReturnValue:
    """Lay hands on these routers; what comes of it is told where it is one router."""
    hand = _ACTS.get(_plainly(act))
    if hand is None:
        return _no(404, f"no such act; there are {', '.join(_ACTS)}")
    if not routers:
        return _no(404, "no such router")
    if body is None:
        return _no(400, "the body must be a JSON object")
    try:
        outcomes = [hand(router, body) for router in routers]
    except LoginRefused as refused:
        return _no(409, str(refused))
    except (BadBody, BadValue, ValueError) as bad:
        return _no(400, f"bad value: {bad}")
    names = [router.name for router in routers]
    alone = {"router": names[0], **outcomes[0]} if len(routers) == 1 else {}
    return jsonify(ok=True, routers=names, **alone)


def _body() -> dict[str, Any] | None:
    if not request.get_data():
        return {}
    body = request.get_json(silent=True, force=True)
    return body if isinstance(body, dict) else None


def _no(status: int, error: str) -> ResponseReturnValue:
    return jsonify(ok=False, error=error), status


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadBody(f"{name} must be a text")
    return value


def _count(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadBody(f"{name} must be a whole number from 0")
    return value


def _log_in(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    password = body.get("password", "")
    if not isinstance(password, str):
        raise BadBody("password must be a text")
    session = router.log_in(_text(body, "user"), password, _text(body, "mac"))
    return {"address": session.address, "mac": session.mac}


def _log_out(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    user = _text(body, "user") if "user" in body else None
    mac = _text(body, "mac") if "mac" in body else None
    if user is None and mac is None:
        raise BadBody("user or mac must be given")
    return {"logged_out": router.log_out(user=user, mac=mac)}


def _dial(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    line = router.dial(_text(body, "user"), _text(body, "password"), str(body.get("mac", "")))
    return {"address": line.address}


def _pass_time(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    user = _text(body, "user") if "user" in body else None
    router.pass_time(_count(body, "seconds"), _count(body, "bytes_in"), _count(body, "bytes_out"), user)
    return {}


def _faults(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    if not body:
        router.faults.clear()
    return {"faults": router.faults.order(**body)}


def _paste(router: SimulatedRouter, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"errors": router.paste(_text(body, "script"))}


def _plain(hand: Callable[[SimulatedRouter], None]) -> Act:
    def act(router: SimulatedRouter, _body: Mapping[str, Any]) -> dict[str, Any]:
        hand(router)
        return {}

    return act


_ACTS: Final[Mapping[str, Act]] = {
    "unplug": _plain(SimulatedRouter.unplug),
    "replug": _plain(SimulatedRouter.replug),
    "power-cycle": _plain(SimulatedRouter.power_cycle),
    "clock-reset": _plain(SimulatedRouter.reset_clock),
    "login": _log_in,
    "logout": _log_out,
    "dial": _dial,
    "pass-time": _pass_time,
    "faults": _faults,
    "paste": _paste,
}
