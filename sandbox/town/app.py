"""One port for the whole town: the page, the clock, and every simulator's control surface behind one address."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.settings import Resident
from sandbox.town import glance
from sandbox.town.clock import InvalidSkipError, TownClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FILES: Final = {
    "": ("town.html", "text/html"),
    "town.css": ("town.css", "text/css"),
    "town.js": ("town.js", "text/javascript"),
}
AGGREGATOR_ROOMS: Final = frozenset({"messages", "inbound", "sms", "ussd", "optout", "optin", "faults"})
MOMO_ROOMS: Final = frozenset(
    {"decide", "requests", "standing", "statement", "statement.csv", "wallets", "wallet", "expire-tokens", "momo"}
)
TOWN_ROOMS: Final = frozenset({*FILES, "clock", "town.json", "glance"})


@dataclass(frozen=True, slots=True)
class Town:
    """What the page shows and where its orders go."""

    aggregator: WSGIApplication
    momo: WSGIApplication
    orange: WSGIApplication
    routers: WSGIApplication
    clock: TownClock
    residents: tuple[Resident, ...]
    service_code: str
    short_code: str
    web: str


class Crossroads:
    """Hands a request to the simulator whose room it names: `/sandbox/<room>[/...]`. In-process, one hop."""

    def __init__(self, town: Town, own: WSGIApplication) -> None:
        self._town = town
        self._own = own

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = str(environ.get("PATH_INFO", ""))
        room = path.removeprefix("/sandbox/").split("/", 1)[0]
        if not path.startswith("/sandbox/") or room in TOWN_ROOMS:
            return self._own(environ, start_response)
        if room in AGGREGATOR_ROOMS:
            return self._town.aggregator(environ, start_response)
        if room in MOMO_ROOMS:  # /sandbox/momo/<room> reaches rooms whose names are also the aggregator's
            environ["PATH_INFO"] = path.replace("/sandbox/momo/", "/sandbox/", 1)
            return self._town.momo(environ, start_response)
        if path.startswith("/sandbox/orange/"):
            environ["PATH_INFO"] = path.replace("/sandbox/orange/", "/sandbox/", 1)
            return self._town.orange(environ, start_response)
        if path.startswith("/sandbox/routeros/"):
            environ["PATH_INFO"] = path.replace("/sandbox/routeros/", "/sandbox/", 1)
        return self._town.routers(environ, start_response)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the page, compressed once."""

    body: bytes
    squeezed: bytes
    media: str
    tag: str


def create_app(town: Town) -> Flask:
    """Make the town's app; its `wsgi_app` is the crossroads."""
    app = Flask(__name__, static_folder=None)
    files = {name: _load(*described) for name, described in FILES.items()}

    @app.get("/")
    def home() -> Response:
        return Response(status=302, headers={"Location": "/sandbox/"})

    @app.get("/sandbox/", defaults={"name": ""})
    @app.get("/sandbox/<any('town.css', 'town.js'):name>")
    def file(name: str) -> Response:
        return _send(files[name])

    @app.get("/sandbox/town.json")
    def facts() -> Response:
        return jsonify(
            service_code=town.service_code,
            short_code=town.short_code,
            web=town.web,
            residents=[asdict(resident) for resident in town.residents],
        )

    @app.get("/sandbox/glance")
    def all_at_once() -> Response:
        response = jsonify(
            **glance.texts(town.aggregator),
            prompts=glance.prompts(town.momo, town.orange),
            routers=glance.routers(town.routers),
            offset_s=town.clock.offset_s,
        )
        response.add_etag()
        response.make_conditional(request)  # changes it in place
        return response

    @app.route("/sandbox/clock", methods=["GET", "POST"])
    def clock() -> Response:
        if request.method == "POST":
            _turn(town.clock, request.get_json(force=True, silent=True))
        return jsonify(now=town.clock.now().isoformat(timespec="seconds"), offset_s=town.clock.offset_s)

    @app.errorhandler(InvalidSkipError)
    def invalid(error: Exception) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500

    app.wsgi_app = Crossroads(town, app.wsgi_app)  # type: ignore[method-assign]
    return app


def _turn(clock: TownClock, body: Any) -> None:
    if not isinstance(body, dict) or not ({"skip_s", "reset"} & set(body)):
        raise InvalidSkipError('the body is {"skip_s": seconds} or {"reset": true}')
    if body.get("reset"):
        clock.reset()
    if "skip_s" in body:
        clock.skip(body["skip_s"])


def _load(name: str, media: str) -> _File:
    body = Path(__file__).with_name(name).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:16]
    return _File(body, gzip.compress(body, 9, mtime=0), f"{media}; charset=utf-8", tag)


def _send(file: _File) -> Response:
    response = Response(file.body, content_type=file.media)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(file.squeezed)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(file.tag)
    response.make_conditional(request)
    return response
