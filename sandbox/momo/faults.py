"""What goes wrong, and how often.

`POST /sandbox/faults` replaces all faults by those named; `{}` clears. A fault holds until cleared, or for the next N
times it bites: `{"lose_answer_take_money": true, "times": 1}`, or for one fault of several
`{"slow_ms": {"value": 500, "times": 3}, "reason_as": "string"}`. They survive a restart.
false, 0 and null are off; 1 is true where true can be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from sandbox.momo.store import Store

_CALLBACK: Final = re.compile(
    r"once|twice|never|wrong_body|broken_body|no_reference|with_reference|storm:\d{1,4}|late[:_]\d{1,6}(\.\d+)?"
)
_CALLBACKS: Final = (
    "once, twice, never, storm:60, late:30 (seconds), wrong_body (a lie), broken_body (no JSON), "
    "no_reference (no externalId), with_reference (adds referenceId)"
)
_WORD: Final = re.compile(r"[A-Za-z0-9_ ]{1,80}")
TIMES_MAX: Final = 1_000_000
SLOW_MS_MAX: Final = 600_000


def _one_of(*words: object) -> Callable[[Any], bool]:
    return lambda value: any(type(value) is type(word) and value == word for word in words)


def _number(most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 < value <= most


def _word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _callback(value: Any) -> bool:
    return isinstance(value, str) and all(_CALLBACK.fullmatch(part) for part in value.split(","))


# name -> (what it does, which values it takes)
KNOWN: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "lose_answer_take_money": (
        "a POST is taken, then: true or 'close' closes the socket, '500' answers 500, 'html' answers an HTML page",
        _one_of(True, "close", "500", "html"),
    ),
    "lose_request": ("a POST is not taken and the socket is closed: true", _one_of(True)),
    "request_code": ("a POST is not taken and answers HTTP 500 with this code, as 'INVALID_CURRENCY'", _word),
    "status_500": ("a status read answers 500 INTERNAL_PROCESSING_ERROR: true", _one_of(True)),
    "status_429": ("a status read answers 429: true", _one_of(True)),
    "status_404_first": ("the first N status reads of each reference answer 404", _number(1000)),
    "html_page": (
        "a firewall's HTML page and HTTP 200, nothing taken: true or 'all', 'request', 'status', 'token'",
        _one_of(True, "all", "request", "status", "token"),
    ),
    "slow_ms": ("every answer comes so much later; what was asked is done at once", _number(SLOW_MS_MAX)),
    "down": ("503 to everything, nothing taken: true", _one_of(True)),
    "new_platform": (
        "the new gateway: HTML 403 to an agent naming python-requests, X-Target-Environment on the token: true",
        _one_of(True),
    ),
    "reason_as": ("'object' (as from the start) or 'string'", _one_of("object", "string")),
    "numbers_as": ("amounts and ids as 'string' (as from the start) or 'number'", _one_of("string", "number")),
    "status_as": ("a status read says this status instead of SUCCESSFUL or FAILED, as 'CREATED'", _word),
    "fail_as": ("the next payment decided fails with this reason whatever the payer says, as 'NEW_WORD'", _word),
    "amount_as": (
        "a status read names this amount instead of the true one",
        lambda value: isinstance(value, str) and len(value) < 40,  # noqa: PLR2004
    ),
    "currency_as": ("a status read names this currency instead", _word),
    "payer_as": ("a status read names this payer instead", _word),
    "insufficient_as": ("the word for an empty wallet instead of NOT_ENOUGH_FUNDS", _word),
    "expired_as": ("the word for an approval not given in time instead of EXPIRED", _word),
    "callback": (
        "bites when a payment is decided; one or, by commas, several of " + _CALLBACKS,
        _callback,
    ),
    "callback_method": ("PUT, POST, or 'both' in turn", _one_of("PUT", "POST", "both")),
}


class Faults:
    """The faults that hold now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[str, tuple[Any, int | None]] = {
            row["name"]: (json.loads(row["value"]), row["times"]) for row in store.rows("SELECT * FROM fault")
        }

    def replace(self, asked: object) -> None:
        """Hold these and no others.

        Raises:
            ValueError: an unknown fault or value; nothing has changed.
        """
        held = _read(asked)
        with self._store.transaction() as tx:
            tx.execute("DELETE FROM fault")
            tx.executemany(
                "INSERT INTO fault VALUES (?, ?, ?)",
                [(name, json.dumps(value), times) for name, (value, times) in held.items()],
            )
            self._held = held

    def describe(self) -> dict[str, Any]:
        """Return what holds, and all there is."""
        held = {name: {"value": value, "times": times} for name, (value, times) in self._held.items()}
        return {"active": held, "known": {name: sentence for name, (sentence, _) in KNOWN.items()}}

    def peek(self, name: str) -> Any:
        """Return the fault's value without using it up; None when it does not hold."""
        return self._held.get(name, (None, None))[0]

    def bite(self, name: str) -> Any:
        """Return the fault's value, once less to come; None when it does not hold."""
        if name not in self._held:  # the common case takes no lock
            return None
        with self._store.transaction() as tx:
            value, times = self._held.get(name, (None, None))
            if times is not None and times <= 1:
                tx.execute("DELETE FROM fault WHERE name = ?", (name,))
                self._held.pop(name, None)
            elif times is not None:
                tx.execute("UPDATE fault SET times = ? WHERE name = ?", (times - 1, name))
                self._held[name] = (value, times - 1)
            return value


def _read(asked: object) -> dict[str, tuple[Any, int | None]]:
    if not isinstance(asked, dict):
        raise ValueError("faults: a JSON object")  # noqa: TRY004
    times_of_all = _times(asked.get("times"))
    held: dict[str, tuple[Any, int | None]] = {}
    for name, given in asked.items():
        if name == "times" or given in (None, False):
            continue
        if name not in KNOWN:
            raise ValueError(f"no fault is called {name[:40]}; there are {', '.join(KNOWN)}")
        value, times = given, times_of_all
        if isinstance(given, dict):
            value, times = given.get("value"), _times(given.get("times"))
        sentence, fits = KNOWN[name]
        if value == 1 and fits(True) and not fits(value):
            value = True
        if not fits(value):
            raise ValueError(f"{name}: {sentence}")
        held[name] = (value, times)
    return held


def _times(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= TIMES_MAX:
        raise ValueError("times: a whole number above 0")
    return value
