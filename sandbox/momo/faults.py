"""What goes wrong at MTN's platform; how faults are held is in `sandbox.furniture.faults`."""

from __future__ import annotations

from typing import Final

from sandbox.furniture.faults import CALLBACKS, SLOW_MS_MAX, Known, callback, number, one_of, word

KNOWN: Final[Known] = {
    "lose_answer_take_money": (
        "a POST is taken, then: true or 'close' closes the socket, '500' answers 500, 'html' answers an HTML page",
        one_of(True, "close", "500", "html"),
    ),
    "lose_request": ("a POST is not taken and the socket is closed: true", one_of(True)),
    "request_code": ("a POST is not taken and answers HTTP 500 with this code, as 'INVALID_CURRENCY'", word),
    "status_500": ("a status read answers 500 INTERNAL_PROCESSING_ERROR: true", one_of(True)),
    "status_429": ("a status read answers 429: true", one_of(True)),
    "status_404_first": ("the first N status reads of each reference answer 404", number(1000)),
    "html_page": (
        "a firewall's HTML page and HTTP 200, nothing taken: true or 'all', 'request', 'status', 'token'",
        one_of(True, "all", "request", "status", "token"),
    ),
    "slow_ms": ("every answer comes so much later; what was asked is done at once", number(SLOW_MS_MAX)),
    "down": ("503 to everything, nothing taken: true", one_of(True)),
    "new_platform": (
        "the new gateway: HTML 403 to an agent naming python-requests, X-Target-Environment on the token: true",
        one_of(True),
    ),
    "reason_as": ("'object' (as from the start) or 'string'", one_of("object", "string")),
    "numbers_as": ("amounts and ids as 'string' (as from the start) or 'number'", one_of("string", "number")),
    "status_as": ("a status read says this status instead of SUCCESSFUL or FAILED, as 'CREATED'", word),
    "fail_as": ("the next payment decided fails with this reason whatever the payer says, as 'NEW_WORD'", word),
    "amount_as": (
        "a status read names this amount instead of the true one",
        lambda value: isinstance(value, str) and len(value) < 40,  # noqa: PLR2004
    ),
    "currency_as": ("a status read names this currency instead", word),
    "payer_as": ("a status read names this payer instead", word),
    "insufficient_as": ("the word for an empty wallet instead of NOT_ENOUGH_FUNDS", word),
    "expired_as": ("the word for an approval not given in time instead of EXPIRED", word),
    "callback": (
        "bites when a payment is decided; one or, by commas, several of " + CALLBACKS,
        callback,
    ),
    "callback_method": ("PUT, POST, or 'both' in turn", one_of("PUT", "POST", "both")),
}
