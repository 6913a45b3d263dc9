"""What goes wrong at Orange; how faults are held is in `sandbox.furniture.faults`."""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.furniture.faults import CALLBACKS, SLOW_MS_MAX, Known, callback, number, one_of, word

_SENTENCE: Final = re.compile(r"[^<>\x00-\x1f]{1,120}")


def _sentence(value: Any) -> bool:
    return isinstance(value, str) and _SENTENCE.fullmatch(value) is not None


KNOWN: Final[Known] = {
    "lose_answer_take_money": (
        "a payment is taken, then: true or 'close' closes the socket, '500' answers 500, 'html' answers an HTML page",
        one_of(True, "close", "500", "html"),
    ),
    "lose_token": ("a token or page is made and the socket closed before the answer: true", one_of(True)),
    "lose_request": ("a payment is not taken and the socket is closed: true", one_of(True)),
    "refuse_as": ("a payment is not taken and answers HTTP 417 with this sentence", _sentence),
    "used_as": ("a token used before answers 417: 'shown' with what became of it, or 'bare'", one_of("shown", "bare")),
    "status_500": ("a status read answers 500: true", one_of(True)),
    "status_404_first": ("the first N status reads of each payment know nothing of it", number(1000)),
    "html_page": (
        "a firewall's HTML page and HTTP 200, nothing taken: true or 'all', 'init', 'request', 'status', 'token'",
        one_of(True, "all", "init", "request", "status", "token"),
    ),
    "slow_ms": ("every answer comes so much later; what was asked is done at once", number(SLOW_MS_MAX)),
    "down": ("503 to everything, nothing taken: true", one_of(True)),
    "success_as": ("a push that was paid says this: SUCCESSFULL (as from the start), SUCCESSFUL or SUCCESS", word),
    "status_as": ("a status read says this status of a payment that was decided", word),
    "fail_as": ("the next payment decided fails with this sentence whatever the payer says", _sentence),
    "amount_as": (
        "a status read names this amount instead of the true one",
        lambda value: isinstance(value, str) and len(value) < 40,  # noqa: PLR2004
    ),
    "payer_as": ("a status read names this subscriber instead", word),
    "callback": ("bites when a payment is decided; one or, by commas, several of " + CALLBACKS, callback),
    "callback_as": ("a push's callback: 'flat' (as from the start) or 'nested' in payment", one_of("flat", "nested")),
}
