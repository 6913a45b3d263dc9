"""What a request says, read and checked against what its operation declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from api.v1.faults import ApiFault
from api.v1.fits import Schema, misfit
from api.v1.operations import Operation, Parameter
from api.v1.schemas import SCHEMAS
from core.partners.once import REQUEST_KEY_CHARS_MAX


def read_values(operation: Operation, path: Mapping[str, str], query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The parameters that were said.

    Raises:
        ApiFault: one does not fit, is said twice, or is none of the operation's.
    """
    known = {parameter.name: parameter for parameter in operation.parameters}
    said: dict[str, list[str]] = {name: [text] for name, text in path.items()} | dict(query)
    for name, texts in said.items():
        if name not in known or (known[name].where == "path") != (name in path):
            raise _unfit(f"{name[:40]} is not known here.")
        if len(texts) != 1:
            raise _unfit(f"{name} may be said once.")
    for parameter in operation.parameters:
        if parameter.needed and parameter.name not in said:
            raise _unfit(f"{parameter.name} is missing.")
    return {name: _read(known[name], texts[0]) for name, texts in said.items()}


def _read(parameter: Parameter, text: str) -> Any:
    value: Any = text
    if parameter.schema.get("type") == "integer" and text.isascii() and text.isdecimal():
        value = int(text[:20])
    fault = misfit(parameter.schema, value, parameter.name)
    if fault and parameter.where == "path":  # an address that nothing can have
        raise ApiFault(404, "not_found", "There is nothing at this address.")
    if fault:
        raise _unfit(fault)
    return value


def read_body(operation: Operation, content: bytes) -> Any:
    """The body as the operation wants it; None where it wants none.

    Raises:
        ApiFault: it is not JSON, or does not fit.
    """
    if operation.body is None:
        return None
    try:
        body = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):  # also what is no UTF-8, and a number of thousands of digits
        raise _unfit("The body must be JSON.") from None
    fault = misfit(shallow(SCHEMAS[operation.body]), body, "The body")
    if fault:
        raise _unfit(fault)
    return body


def shallow(schema: Schema) -> Schema:
    """A schema without what stands elsewhere by its name: that is checked, item by item, by who uses it."""
    if "$ref" in schema:
        return {"type": "object"}
    return {
        key: {name: shallow(one) for name, one in value.items()}
        if key == "properties"
        else shallow(value)
        if key == "items"
        else value
        for key, value in schema.items()
    }


def read_request_key(text: str | None) -> str | None:
    """The Idempotency-Key.

    Raises:
        ApiFault: it is empty, too long, or no text.
    """
    if text is None:
        return None
    key = text.strip()
    if not 0 < len(key) <= REQUEST_KEY_CHARS_MAX or not (key.isascii() and key.isprintable()):
        raise _unfit(f"Idempotency-Key must have 1 to {REQUEST_KEY_CHARS_MAX} printable ASCII characters.")
    return key


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _unfit(message: str) -> ApiFault:
    return ApiFault(400, "bad_request", message)
