"""Whether a value fits its schema: the part of JSON Schema that our own declarations use, and one sentence if not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

Schema = Mapping[str, Any]
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_A_KIND: Final[Mapping[str, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
# What PostgreSQL cannot hold: the zero character, and halves of pairs.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def misfit(schema: Schema, value: Any, name: str) -> str | None:
    """What is wrong with a value, as one sentence that begins with its name; None when it fits."""
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(_is(kind, value) for kind in kinds):
        return f"{name} must be {' or '.join(_A_KIND[kind] for kind in kinds)}."
    if "enum" in schema and value not in schema["enum"]:
        return f"{name} must be one of {', '.join(str(one) for one in schema['enum'])}."
    if isinstance(value, str):
        return _misfit_text(schema, value, name)
    if isinstance(value, int):
        return _misfit_number(schema, value, name)
    if isinstance(value, list):
        return _misfit_list(schema, value, name)
    if isinstance(value, dict):
        return _misfit_object(schema, value, name)
    return None


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):  # which Python takes for a number
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])


def _misfit_text(schema: Schema, value: str, name: str) -> str | None:
    if _UNSTORABLE.search(value):
        return f"{name} has a character that cannot be kept."
    if len(value) < schema.get("minLength", 0):
        return f"{name} must not be empty."
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        return f"{name} may have {schema['maxLength']} characters at most."
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{name} must look like {schema['examples'][0]}."
    if schema.get("format") == "date-time" and instant(value) is None:
        return f"{name} must be an instant with its offset, like 2026-11-30T09:00:00Z."
    return None


def instant(text: str) -> datetime | None:
    """An instant as RFC 3339 writes it; None when it is none, or does not say its offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _misfit_number(schema: Schema, value: int, name: str) -> str | None:
    if "minimum" in schema and value < schema["minimum"]:
        return f"{name} must not be below {schema['minimum']}."
    if "maximum" in schema and value > schema["maximum"]:
        return f"{name} must not be above {schema['maximum']}."
    return None


def _misfit_list(schema: Schema, value: list[Any], name: str) -> str | None:
    if len(value) < schema.get("minItems", 0):
        return f"{name} must not be empty."
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        return f"{name} may have {schema['maxItems']} items at most."
    items = schema.get("items", {})
    found = (misfit(items, one, f"{name}[{place}]") for place, one in enumerate(value))
    return next((fault for fault in found if fault), None)


def _misfit_object(schema: Schema, value: dict[str, Any], name: str) -> str | None:
    properties = schema.get("properties", {})
    for wanted in schema.get("required", ()):
        if wanted not in value:
            return f"{_inner(name, wanted)} is missing."
    for key, one in value.items():
        if key not in properties:
            if schema.get("additionalProperties", True) is False:
                return f"{_inner(name, key[:40])} is not known here."
            continue
        fault = misfit(properties[key], one, _inner(name, key))
        if fault:
            return fault
    return None


def _inner(name: str, key: str) -> str:
    return key if name.startswith("The ") else f"{name}.{key}"
