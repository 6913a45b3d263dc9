"""Schemas of what goes in and out, by name. The same ones check a request and describe it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.v1.fits import Schema
from core.partners.kinds import TEST_KIND

MAYBE_NUMBER: Final[Schema] = {"type": ["string", "null"], "pattern": "^[0-9]{1,20}$", "examples": ["10017"]}
NUMBER: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,20}$", "examples": ["10017"]}
INSTANT: Final[Schema] = {"type": "string", "format": "date-time", "examples": ["2026-11-30T09:00:00Z"]}
MAYBE_DAY: Final[Schema] = {"type": ["string", "null"], "format": "date", "examples": ["2026-11-30"]}
TEXT: Final[Schema] = {"type": "string"}
KBPS: Final[Schema] = {"type": "integer", "minimum": 1, "description": "kbit/s"}
MAYBE_BYTES: Final[Schema] = {"type": ["integer", "null"], "minimum": 0, "description": "bytes; null: no limit"}


def closed(properties: Mapping[str, Schema], *, but: tuple[str, ...] = (), says: str = "") -> dict[str, Any]:
    """An object that has these properties, all of them `but` the ones named, and no others."""
    made: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in but],
        "additionalProperties": False,
    }
    return made | ({"description": says} if says else {})


def ref(name: str) -> dict[str, str]:
    """A schema by its name, in the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": ref(name)}


CUSTOMER: Final = closed(
    {
        "number": NUMBER,
        "name": TEXT,
        "kind": {"type": "string", "enum": ["person", "organisation"]},
        "status": {"type": "string", "enum": ["active", "suspended", "closed"]},
        "language": {"type": "string", "enum": ["en", "ar"]},
        "phones": {"type": "array", "items": {"type": "string", "examples": ["+211921234567"]}},
        "registered_at": INSTANT,
    },
    says="A person or an organisation. The main phone stands first.",
)
SPEEDS: Final = closed({"down_kbps": KBPS, "up_kbps": KBPS})
PLAN: Final = closed(
    {"code": TEXT, "name_en": TEXT, "name_ar": TEXT, "down_kbps": KBPS, "up_kbps": KBPS, "data_bytes": MAYBE_BYTES},
    says="A tariff as it is today. `data_bytes`: a month's allowance.",
)
SERVICE: Final = closed(
    {
        "number": NUMBER,
        "customer": NUMBER,
        "state": {"type": "string", "enum": ["pending", "active", "paused", "suspended", "terminated"]},
        "suspended_for": {"type": ["string", "null"], "enum": ["unpaid", "lapsed", "staff", None]},
        "pay": {"type": "string", "enum": ["prepaid", "postpaid"]},
        "place": TEXT,
        "router": TEXT,
        "username": {"type": ["string", "null"]},
        "plan": {"anyOf": [ref("Plan"), {"type": "null"}]},
        "limits": {"anyOf": [ref("Speeds"), {"type": "null"}]},
        "started_on": MAYBE_DAY,
        "ended_on": MAYBE_DAY,
        "billed_until": MAYBE_DAY,
    },
    says=(
        "A monthly service. `limits` is the speed it has now: less than the plan's while fair use or an unpaid bill "
        "holds it; null while it has no access. `billed_until` is the first day that is not billed yet."
    ),
)
SAMPLES_MAX: Final = 200  # of the most that a name may have they still fit into a body
COUNTER: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**52, "description": "bytes, cumulative"}
SAMPLE: Final = closed(
    {
        "router": {"type": "string", "minLength": 1, "maxLength": 40, "description": "its name; not for its own key"},
        "session": {"type": "string", "minLength": 1, "maxLength": 200},
        "username": {"type": "string", "minLength": 1, "maxLength": 253},
        "event": {"type": "string", "enum": ["start", "interim", "stop"], "default": "interim"},
        "at": INSTANT,
        "session_s": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10 * 366 * 86_400,
            "description": "seconds since it began",
        },
        "up_bytes": COUNTER,
        "down_bytes": COUNTER,
        "mac": {"type": "string", "maxLength": 40},
        "address": {"type": "string", "maxLength": 40},
        "cause": {"type": "string", "maxLength": 40, "description": "why it ended"},
    },
    but=("router", "event", "mac", "address", "cause"),
    says="Counters of a session as they stood. `up_bytes` were sent by the customer, `down_bytes` to them.",
)
BATCH: Final = closed(
    {"samples": {"type": "array", "minItems": 1, "maxItems": SAMPLES_MAX, "items": ref("UsageSample")}}
)
TAKEN: Final = closed(
    {
        "accepted": {"type": "integer", "minimum": 0},
        "refused": {
            "type": "array",
            "items": closed({"index": {"type": "integer", "minimum": 0}, "code": TEXT, "message": TEXT}),
        },
    },
    says="`index` is the place of a sample in the batch, from 0.",
)
ATTRIBUTES: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RADIUS attributes by name, as rlm_rest of FreeRADIUS writes them, or with plain values.",
    "examples": [{"User-Name": "ad3fhk", "User-Password": "secret", "NAS-IP-Address": "10.20.0.2"}],
}
ATTRIBUTES_OUT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Attributes as rlm_rest reads them: `control:` for the server, `reply:` for the equipment.",
    "additionalProperties": closed(
        {
            "op": {"type": "string", "const": ":="},
            "value": {"type": "array", "items": TEXT},
            "do_xlat": {"type": "boolean", "const": False},
        }
    ),
}
OF_SERVICE: Final[Mapping[str, Schema]] = {"service": NUMBER, "customer": NUMBER}
AMOUNT: Final[Mapping[str, Schema]] = {
    "amount_minor": {"type": "integer", "description": "in minor units: 50000 are 500 pounds"},
    "currency": {"type": "string", "examples": ["SSP"]},
}
MOVED: Final = closed(
    {
        **OF_SERVICE,
        "state": {"type": "string", "enum": ["pending", "active", "paused", "suspended", "terminated"]},
        "suspended_for": {"type": ["string", "null"], "enum": ["unpaid", "lapsed", "staff", None]},
        "verb": {"type": "string", "description": "what was done: unpause and resume both let it go on"},
    }
)
OUTAGE: Final = closed({"router": TEXT, "area": TEXT, "began_at": {"type": "string", "format": "date-time"}})
# Kind of event -> when it is told, and the schema of its data.
EVENTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "service.ordered": ("A service was ordered.", MOVED),
    "service.activated": ("A service was installed and is on.", MOVED),
    "service.paused": ("A service was paused.", MOVED),
    "service.suspended": ("A service was cut off.", MOVED),
    "service.resumed": ("A service is on again.", MOVED),
    "service.slowed": ("A service is slower, for fair use or an unpaid bill.", MOVED),
    "service.unslowed": ("A service is as fast as its plan again.", MOVED),
    "service.plan_changed": ("A change of plan was agreed on.", MOVED),
    "service.terminated": ("A service has ended.", MOVED),
    "payment.received": ("Money came in.", closed({"receipt": NUMBER, "customer": NUMBER, **AMOUNT, "paid_by": TEXT})),
    "token.sold": (
        "A Wi-Fi token was sold.",
        closed({"token": {"type": "integer"}, "customer": MAYBE_NUMBER, "hotspot": {"type": "integer"}, **AMOUNT}),
    ),
    "usage.share_reached": (
        "A service has used 50, 80 or 100 percent of its month's data.",
        closed({**OF_SERVICE, "percent": {"type": "integer"}, "allowance_bytes": {"type": "integer"}}),
    ),
    "outage.began": ("A router is not to be reached.", OUTAGE),
    "outage.ended": ("A router is back.", OUTAGE),
}
EVENT: Final = closed(
    {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": [*EVENTS, TEST_KIND]},
        "at": INSTANT,
        "data": {"type": "object"},
    },
    says="Something that happened. `data` is as its kind says, under `webhooks`; more may be added to it.",
)
ERROR: Final = closed(
    {"error": closed({"code": {"type": "string", "examples": ["not_found"]}, "message": TEXT})},
    says="`code` stays as it is; `message` is one sentence for a person.",
)
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Customer": CUSTOMER,
    "Customers": closed({"customers": _list_of("Customer"), "next": {"type": ["string", "null"]}}),
    "Speeds": SPEEDS,
    "Plan": PLAN,
    "Service": SERVICE,
    "Services": closed({"services": _list_of("Service")}),
    "Reason": closed(
        {"why": {"type": "string", "minLength": 1, "maxLength": 150, "pattern": r"\S", "examples": ["spam"]}}
    ),
    "UsageSample": SAMPLE,
    "UsageBatch": BATCH,
    "UsageTaken": TAKEN,
    "Event": EVENT,
    "Events": closed({"events": _list_of("Event"), "next": {"type": "string"}}),
    "RadiusAttributes": ATTRIBUTES,
    "RadiusAnswer": ATTRIBUTES_OUT,
    "Error": ERROR,
}
