"""The description of the API (OpenAPI 3.1), made of the very declarations it is served by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from api.v1.operations import Operation, Parameter
from api.v1.schemas import EVENTS, SCHEMAS, ref
from core.partners.once import KEPT, REQUEST_KEY_CHARS_MAX

VERSION: Final = "1.0.0"
INTRODUCTION: Final = """\
For equipment and partners. Every request carries a key: `Authorization: Bearer shabaka_…`, made by an admin, with the
scopes it needs and no more. A refusal is `{"error": {"code", "message"}}`: the code stays as it is, the message is one
sentence for a person. Instants are RFC 3339 in UTC; days are Juba's; amounts are whole minor units of a currency.
"""
# What may come of any operation, besides its own answers.
FAULTS: Final = {
    "400": "It cannot be read, or does not fit what is written here.",
    "401": "No key, a wrong one, or one that was withdrawn.",
    "403": "The key lacks the scope.",
    "404": "There is no such thing.",
    "422": "It fits, and is refused all the same; or its Idempotency-Key came before with another content.",
    "429": "More requests in a minute than the key may make; `Retry-After` says how many seconds to wait.",
    "503": "The database does not answer. Nothing was done; try again.",
}
IDEMPOTENCY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": REQUEST_KEY_CHARS_MAX},
    "description": (
        f"A name the sender gives this request. Sent again under it within {KEPT.days} days, it does nothing, and the "
        "answer is the one of the first time."
    ),
}
SIGNATURE: Final[list[dict[str, Any]]] = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": says}
    for name, says in (
        ("webhook-id", "The id of the event, the same at every try."),
        ("webhook-timestamp", "When this try was made, in seconds since 1970."),
        ("webhook-signature", "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, by the webhook's secret."),
    )
]


def describe(operations: Iterable[Operation], server: str) -> dict[str, Any]:
    """The description as a document. `server`: where it is served, without `/api/v1`."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(path_of(operation.rule), {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shabaka", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": f"{server}/api/v1"}],
        "paths": paths,
        "webhooks": {kind: _webhook(says, data) for kind, (says, data) in EVENTS.items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def path_of(rule: str) -> str:
    """A rule of ours as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.says,
        "security": [{"key": [operation.scope]}],
        "parameters": [_parameter(one) for one in operation.parameters] + ([IDEMPOTENCY] if operation.keyed else []),
        "responses": {str(status): _answer(*answer) for status, answer in operation.answers.items()}
        | {status: _answer(says, "Error") for status, says in FAULTS.items() if int(status) not in operation.answers},
    }
    if operation.more:
        described["description"] = operation.more
    if operation.body:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(operation.body)}}}
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.needed,
        "schema": parameter.schema,
        "description": parameter.says,
    }


def _answer(says: str, schema: str) -> dict[str, Any]:
    return {"description": says, "content": {"application/json": {"schema": ref(schema)}}}


def _webhook(says: str, data: dict[str, Any]) -> dict[str, Any]:
    """A kind of event, as it is posted to whoever wants it. It may come twice, under one id, and in any order."""
    schema = {"allOf": [ref("Event"), {"properties": {"data": data}}]}
    return {
        "post": {
            "summary": says,
            "parameters": SIGNATURE,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {
                "2XX": {"description": "It has arrived. Anything else, and it is sent again."},
                "410": {"description": "Send nothing more: the webhook is switched off."},
            },
        }
    }
