"""What goes wrong, and how often.

`POST /sandbox/faults` replaces all faults by those named; `{}` clears. A fault holds until cleared, or for the next N
times it bites: `{"lose_answer_take_money": true, "times": 1}`, or for one fault of several
`{"slow_ms": {"value": 500, "times": 3}, "reason_as": "string"}`. They survive a restart.
false, 0 and null are off; 1 is true where true can be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.furniture.store import Store

_CALLBACK: Final = re.compile(
    r"once|twice|never|wrong_body|broken_body|no_reference|with_reference|storm:\d{1,4}|late[:_]\d{1,6}(\.\d+)?"
)
CALLBACKS: Final = (
    "once, twice, never, storm:60, late:30 (seconds), wrong_body (a lie), broken_body (no JSON), "
    "no_reference (no externalId), with_reference (adds referenceId)"
)
_WORD: Final = re.compile(r"[A-Za-z0-9_ ]{1,80}")
TIMES_MAX: Final = 1_000_000
SLOW_MS_MAX: Final = 600_000

Known = Mapping[str, tuple[str, Callable[[Any], bool]]]  # name -> what it does, which values it takes


def one_of(*words: object) -> Callable[[Any], bool]:
    """Take one of these."""
    return lambda value: any(type(value) is type(word) and value == word for word in words)


def number(most: int) -> Callable[[Any], bool]:
    """Take a whole number up to this."""
    return lambda value: type(value) is int and 0 < value <= most


def word(value: Any) -> bool:
    """Take a word."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def callback(value: Any) -> bool:
    """Take wishes about callbacks."""
    return isinstance(value, str) and all(_CALLBACK.fullmatch(part) for part in value.split(","))


class Faults:
    """The faults that hold now."""

    def __init__(self, store: Store, known: Known) -> None:
        self._store = store
        self._known = known
        self._held: dict[str, tuple[Any, int | None]] = {
            row["name"]: (json.loads(row["value"]), row["times"]) for row in store.rows("SELECT * FROM fault")
        }

    def replace(self, asked: object) -> None:
        """Hold these and no others.

        Raises:
            ValueError: an unknown fault or value; nothing has changed.
        """
        held = _read(asked, self._known)
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
        return {"active": held, "known": {name: sentence for name, (sentence, _) in self._known.items()}}

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


def _read(asked: object, known: Known) -> dict[str, tuple[Any, int | None]]:
    if not isinstance(asked, dict):
        raise ValueError("faults: a JSON object")  # noqa: TRY004
    times_of_all = _times(asked.get("times"))
    held: dict[str, tuple[Any, int | None]] = {}
    for name, given in asked.items():
        if name == "times" or given in (None, False):
            continue
        if name not in known:
            raise ValueError(f"no fault is called {name[:40]}; there are {', '.join(known)}")
        value, times = given, times_of_all
        if isinstance(given, dict):
            value, times = given.get("value"), _times(given.get("times"))
        sentence, fits = known[name]
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
