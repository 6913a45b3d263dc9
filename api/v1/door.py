"""The door itself: a request is let in, read, done and answered, and every no is JSON of one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, current_app, request
from redis import Redis
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from api.v1.catalogue import OPERATIONS
from api.v1.faults import HTTP_FAULTS, ApiFault, fault_of
from api.v1.gate import admit
from api.v1.openapi import describe
from api.v1.operations import Call, Operation, Reply
from api.v1.reading import read_body, read_request_key, read_values
from core.db.engine import Transaction
from core.partners.once import Answered, once
from core.parts import Parts

BODY_BYTES_MAX: Final = 64 * 1024
METHODS: Final = ("GET", "POST")
JSON: Final = "application/json"


def create_blueprint(parts: Parts, redis: Redis, operations: Sequence[Operation] = OPERATIONS) -> Blueprint:
    """`/api/v1`: the operations, and their description at `/openapi.json`, which anybody may read."""
    door = Blueprint("api_v1", __name__, url_prefix="/api/v1")
    described = json.dumps(describe(operations, parts.settings.public_url), ensure_ascii=False)

    for operation in operations:
        door.add_url_rule(
            operation.rule,
            operation.name,
            _view(parts, redis, operation),
            methods=[operation.method],
            provide_automatic_options=False,
        )

    @door.get("/openapi.json", provide_automatic_options=False)
    def openapi() -> Response:
        return Response(described, content_type=JSON)

    @door.endpoint(f"{door.name}.nothing_else")
    def nothing_else(rest: str = "") -> Response:  # noqa: ARG001 - the rule's variable
        allowed = _methods_here()
        if allowed:
            raise MethodNotAllowed(allowed)
        raise NotFound

    def add_rest(state: Any) -> None:
        for rule in ("/api/v1/", "/api/v1/<path:rest>"):  # a rule without methods takes every method there is
            state.app.url_map.add(Rule(rule, endpoint=f"{door.name}.nothing_else"))

    door.record_once(add_rest)
    door.register_error_handler(Exception, _refused)
    door.register_error_handler(HTTPException, _refused)  # else the application's own is nearer to one of these
    for status in HTTP_FAULTS:
        door.register_error_handler(status, _refused)
    return door


def _view(parts: Parts, redis: Redis, operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        now = parts.clock.now()
        key = admit(parts, redis, operation, request.headers.get("Authorization", ""), now)
        values = read_values(operation, path, request.args.to_dict(flat=False))
        content = _content()
        call = Call(parts, key, now, values, read_body(operation, content))
        if operation.reads is not None:
            return _answer(operation.reads(call))
        request_key = read_request_key(request.headers.get("Idempotency-Key")) if operation.keyed else None
        return _done(operation, call, request_key, content)

    return view


def _content() -> bytes:
    """The body, all of it.

    Raises:
        ApiFault: it is longer than `BODY_BYTES_MAX`.
    """
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise ApiFault(413, *HTTP_FAULTS[413])
    request.max_content_length = BODY_BYTES_MAX
    return request.get_data(cache=False)


def _done(operation: Operation, call: Call, request_key: str | None, content: bytes) -> Response:
    works = operation.works
    if works is None:
        raise AssertionError(f"{operation.name} does nothing")
    if request_key is None:
        return _answer(call.parts.db.run(lambda tx: works(call, tx)))
    said = f"{request.method} {request.full_path}\n".encode() + content

    def work(tx: Transaction) -> tuple[int, str]:
        reply = works(call, tx)
        return reply.status, _text(reply.body)

    answered: Answered = call.parts.db.run(
        lambda tx: once(tx, key_id=call.key.key_id, request_key=request_key, content=said, now=call.now, work=work)
    )
    headers = {"Idempotent-Replayed": "true"} if answered.again else {}
    return _response(answered.body, answered.status, headers)


def _answer(reply: Reply) -> Response:
    return _response(_text(reply.body), reply.status, {})


def _text(body: Any) -> str:
    return "" if body is None else json.dumps(body, ensure_ascii=False)


def _response(text: str, status: int, headers: Mapping[str, str]) -> Response:
    response = Response(text, status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _methods_here() -> list[str]:
    """The methods this address takes, where it is one of ours."""
    adapter = current_app.url_map.bind("")
    found = []
    for method in METHODS:
        try:
            endpoint, _values = adapter.match(request.path, method)
        except HTTPException:
            continue
        if not str(endpoint).endswith(".nothing_else"):
            found.append(method)
    return found


def _refused(error: Exception) -> Response:
    fault = fault_of(error)
    headers = dict(fault.headers)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(error.valid_methods)
    text = _text({"error": {"code": fault.code, "message": fault.message}})
    return _response(text, fault.status, headers)
