"""What a program is told when it gets no for an answer: a code that stays, and one clear sentence in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from core import errors
from core.errors import Refusal
from core.logs import log
from flows.refusals import sentence

LOG = log("api")
STATUS: Final[Mapping[type[Refusal], int]] = {errors.NotFound: 404, errors.NotAllowed: 403}
STATUS_OTHERWISE: Final = 422
# To a program these are said in other words than to a customer.
SENTENCES: Final[Mapping[type[Refusal], str]] = {
    errors.NotFound: "There is no such {what}.",
    errors.NotPossibleNow: "That is not possible now: it is {state}.",
    errors.KeyReused: "This Idempotency-Key came before with another content. Nothing was done now.",
}
HTTP_FAULTS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "This request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The body is larger than this address takes. Send less at once."),
}
UNAVAILABLE: Final = "The database does not answer. Nothing was done. Try again in a moment."
BROKEN: Final = "Something broke here. Nothing was done, and it was written down. Try again later."


@dataclass
class ApiFault(Exception):
    """No, said to a program. `headers` go with it."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def fault_of(error: Exception) -> ApiFault:
    """Any error as it is told outside. Of our own nothing is told but that it is there."""
    if isinstance(error, ApiFault):
        return error
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, HTTPException):
        status = error.code or 500
        code, message = HTTP_FAULTS.get(status, HTTP_FAULTS[400])
        return ApiFault(status, code, message)
    if isinstance(error, OperationalError | PoolTimeoutError):
        LOG.warning("the database does not answer", error=type(error).__name__)
        return ApiFault(503, "unavailable", UNAVAILABLE, {"Retry-After": "5"})
    LOG.error("a request broke", exc_info=error)
    return ApiFault(500, "broken", BROKEN)


def _refused(refusal: Refusal) -> ApiFault:
    kind = type(refusal)
    told = SENTENCES.get(kind)
    message = told.format(**refusal.facts()) if told else sentence(refusal, "en")
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    return ApiFault(STATUS.get(kind, STATUS_OTHERWISE), code, message)
