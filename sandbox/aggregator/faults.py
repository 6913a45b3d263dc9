"""Faults to order: what real providers do now and then, switched on by `POST /sandbox/faults`.

| key         | value                                                                                          |
|-------------|------------------------------------------------------------------------------------------------|
| `drop`      | N >= 1: the answers to the next N sends are lost after acceptance; 0 < p < 1: each with chance p |
|             | true: all of them                                                                              |
| `delay_ms`  | every answer of the SMS API, and every callback, comes this much later                           |
| `duplicate` | true: every hop (both at once), inbound text, report and event is sent twice                     |
| `error`     | 500: sends are answered with this HTTP status and nothing is accepted; true is 500;             |
|             | `"empty-recipients"`: 201 with nobody in it; `"recipient-405"`: 201 with this statusCode for all |
| `reports`   | status words of delivery reports, in the order to send: `["Success", "Sent"]`; `[]` sends none   |

`duplicate` and `error` take 1 for true; false, 0 and null are off. A body replaces all faults at once; `{}` clears
them. They live in memory: a restart clears them too.
"""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass
from typing import Any, Final

REPORTS_USUAL: Final = ("Sent", "Submitted", "Success")
REPORT_WORDS: Final = frozenset({"Sent", "Submitted", "Buffered", "Success", "Failed", "Rejected", "Expired"})
DELAY_MS_MAX: Final = 600_000
DROP_MAX: Final = 1_000_000
HTTP_STATUS_LEAST, HTTP_STATUS_MOST, HTTP_STATUS_USUAL = 400, 599, 500
_RECIPIENT: Final = re.compile(r"recipient-(\d{3})")


class InvalidFaultsError(ValueError):
    """The order names a fault that does not exist, or a value it cannot have."""


@dataclass(frozen=True, slots=True)
class Faults:
    """One consistent set of faults."""

    drop: bool | float = 0
    delay_ms: int = 0
    duplicate: bool = False
    error: int | str | None = None
    reports: tuple[str, ...] = REPORTS_USUAL

    @property
    def recipient_code(self) -> int | None:
        """The statusCode every recipient gets, if one is ordered."""
        found = _RECIPIENT.fullmatch(self.error) if isinstance(self.error, str) else None
        return int(found[1]) if found else None

    @property
    def http_status(self) -> int | None:
        """The HTTP status every send gets, if one is ordered."""
        return self.error if isinstance(self.error, int) else None


def read_faults(body: Any) -> Faults:
    """Check an order.

    Raises:
        InvalidFaultsError: says what is wrong in one sentence.
    """
    if not isinstance(body, dict):
        raise InvalidFaultsError("faults are a JSON object")
    unknown = set(body) - {"drop", "delay_ms", "duplicate", "error", "reports"}
    if unknown:
        raise InvalidFaultsError(f"no such fault: {', '.join(sorted(unknown))}")
    drop, delay_ms = body.get("drop") or 0, body.get("delay_ms") or 0
    if not isinstance(drop, int | float) or not 0 <= drop <= DROP_MAX:  # no NaN passes
        raise InvalidFaultsError("drop is a number of answers, a chance below 1, or true for all")
    if isinstance(delay_ms, bool) or not isinstance(delay_ms, int) or not 0 <= delay_ms <= DELAY_MS_MAX:
        raise InvalidFaultsError(f"delay_ms is from 0 to {DELAY_MS_MAX}")
    duplicate = body.get("duplicate") or False
    if not isinstance(duplicate, int) or not 0 <= duplicate <= 1:
        raise InvalidFaultsError("duplicate is true or false")
    return Faults(drop, delay_ms, bool(duplicate), _read_error(body), _read_reports(body))


def _read_error(body: dict[str, Any]) -> int | str | None:
    error = body.get("error") or None
    if error is None or error == "empty-recipients":
        return error
    if error is True or error == 1:
        return HTTP_STATUS_USUAL
    if isinstance(error, str) and _RECIPIENT.fullmatch(error):
        return error
    if isinstance(error, int) and HTTP_STATUS_LEAST <= error <= HTTP_STATUS_MOST:
        return error
    raise InvalidFaultsError('error is an HTTP status from 400, true for 500, "empty-recipients" or "recipient-405"')


def _read_reports(body: dict[str, Any]) -> tuple[str, ...]:
    reports = body.get("reports")
    if reports is None:
        return REPORTS_USUAL
    if not isinstance(reports, list) or any(word not in REPORT_WORDS for word in reports):
        raise InvalidFaultsError(f"reports is a list of {', '.join(sorted(REPORT_WORDS))}")
    return tuple(reports)


class FaultBox:
    """The faults in force; threads ask it at each act."""

    def __init__(self, chance: random.Random) -> None:
        self._lock = threading.Lock()
        self._chance = chance
        self._faults = Faults()
        self._drops_left = 0.0

    @property
    def now(self) -> Faults:
        """The faults in force."""
        return self._faults

    def set(self, faults: Faults) -> None:
        """Put these in force instead of all others."""
        with self._lock:
            self._faults, self._drops_left = faults, faults.drop

    def drops_this_answer(self) -> bool:
        """Whether the answer about to be given is lost; counts down."""
        with self._lock:
            if self._faults.drop is True:
                return True
            if self._drops_left >= 1:
                self._drops_left -= 1
                return True
            return 0 < self._faults.drop < 1 and self._chance.random() < self._faults.drop
