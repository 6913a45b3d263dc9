"""MTN's words: the test numbers of its sandbox, its error codes, and what it says with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PENDING: Final = "PENDING"
SUCCESSFUL: Final = "SUCCESSFUL"
FAILED: Final = "FAILED"

MESSAGES: Final = {
    "PAYER_NOT_FOUND": "Payer does not exist",
    "PAYEE_NOT_FOUND": "Payee does not exist",
    "NOT_ALLOWED": "Authorization failed. Insufficient permissions.",
    "NOT_ALLOWED_TARGET_ENVIRONMENT": "Access to target environment is forbidden.",
    "INVALID_CALLBACK_URL_HOST": "Callback URL with different host name then configured for API User",
    "INVALID_CURRENCY": "Currency not supported.",
    "INTERNAL_PROCESSING_ERROR": "An internal error occurred while processing.",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable, try again later.",
    "NOT_ENOUGH_FUNDS": "The payer does not have enough funds.",
    "PAYER_LIMIT_REACHED": "The payer's limit has been breached.",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": "The payee is not allowed to receive the money.",
    "APPROVAL_REJECTED": "The payer rejected the request.",
    "EXPIRED": "The request expired before it was approved.",
    "COULD_NOT_PERFORM_TRANSACTION": "The transaction was not approved in time.",
    "RESOURCE_NOT_FOUND": "Requested resource was not found.",
    "RESOURCE_ALREADY_EXIST": "Duplicated reference id. Creation of resource failed.",
    "BAD_REQUEST": "The request is malformed.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test number does: at once, after a delay, or never."""

    status: str
    reason: str | None = None
    delayed: bool = False


_FAILING_TAIL: Final = (
    "NOT_ALLOWED",
    "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "INVALID_CALLBACK_URL_HOST",
    "INVALID_CURRENCY",
    "INTERNAL_PROCESSING_ERROR",
    "SERVICE_UNAVAILABLE",
)
_FIRST_NUMBER: Final = 46733123450


def _numbered(start: int, outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {str(_FIRST_NUMBER + start + index): outcome for index, outcome in enumerate(outcomes)}


def _failing(*reasons: str) -> list[Outcome]:
    return [Outcome(FAILED, reason) for reason in reasons]


_HEAD: Final = [
    *_failing("INTERNAL_PROCESSING_ERROR", "APPROVAL_REJECTED", "EXPIRED"),
    Outcome(PENDING),
    Outcome(SUCCESSFUL, delayed=True),
]

# kind -> payer's or payee's number -> what happens. MTN's list for preapprovals lacks the payee's entry.
TEST_NUMBERS: Final = {
    "requesttopay": _numbered(
        0,
        [
            *_HEAD,
            *_failing("PAYER_NOT_FOUND", "PAYEE_NOT_ALLOWED_TO_RECEIVE", *_FAILING_TAIL),
            *_failing("COULD_NOT_PERFORM_TRANSACTION", "TRANSFER_TYPE_UNKNOWN"),
        ],
    ),
    "preapproval": _numbered(0, [*_HEAD, *_failing("PAYER_NOT_FOUND", *_FAILING_TAIL)]),
    "transfer": _numbered(
        0,
        [
            *_HEAD,
            *_failing("NOT_ENOUGH_FUNDS", "PAYER_LIMIT_REACHED", "PAYEE_NOT_FOUND", *_FAILING_TAIL),
            *_failing("TRANSFER_TYPE_UNKNOWN"),
        ],
    ),
}
TEST_NUMBERS["requesttowithdraw"] = TEST_NUMBERS["requesttopay"]
TEST_NUMBERS["deposit"] = TEST_NUMBERS["transfer"]

# number -> HTTP status and code, or None for "exists and is not active"
ACCOUNT_HOLDERS: Final[dict[str, tuple[int, str] | None]] = {
    "46733123450": (404, "RESOURCE_NOT_FOUND"),
    "46733123451": None,
    "46733123452": (500, "NOT_ALLOWED"),
    "46733123453": (500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    "46733123454": (500, "INTERNAL_PROCESSING_ERROR"),
    "46733123455": (503, "SERVICE_UNAVAILABLE"),
}
