"""What can go wrong on the line, by order: each counted fault strikes that many commands and is spent."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, fields
from enum import Enum, auto
from typing import Any, Final


class Strike(Enum):
    """What befalls one command."""

    NONE = auto()
    DROP_BEFORE = auto()  # not executed, connection gone
    COMMIT_THEN_DROP = auto()  # executed, the answer lost
    RESET_MID_REPLY = auto()  # executed, half the answer sent, then reset
    FATAL = auto()  # not executed, !fatal, closed
    MUTE_TRAP = auto()  # not executed, a !trap without a message
    HALF_THEN_SILENCE = auto()  # executed, half the answer sent, then nothing: the connection stays open
    FATAL_MID_REPLY = auto()  # executed, some rows sent, then !fatal, closed
    LOSE_DONE = auto()  # executed and answered, but for the !done


@dataclass(slots=True)
class Faults:
    """Orders that hold until changed. Logins pass; `skip` commands go through before the counted ones strike."""

    delay_ms: int = 0
    hang: bool = False
    trickle: bool = False
    read_only: bool = False
    hide_passwords: bool = False
    skip: int = 0
    drop_before: int = 0
    commit_then_drop: int = 0
    reset_mid_reply: int = 0
    fatal: int = 0
    mute_trap: int = 0
    half_then_silence: int = 0
    fatal_mid_reply: int = 0
    lose_done: int = 0


COUNTED: Final = (
    "drop_before",
    "commit_then_drop",
    "reset_mid_reply",
    "fatal",
    "mute_trap",
    "half_then_silence",
    "fatal_mid_reply",
    "lose_done",
)


class FaultDesk:
    """Holds the orders and hands out strikes, one command at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = Faults()

    def order(self, **orders: int | None) -> dict[str, Any]:
        """Set some orders; an unknown one or one of the wrong kind is refused with ValueError.

        False, 0 and None are off; 1 is True where True can be.
        """
        kinds: dict[str, type] = {field.name: type(field.default) for field in fields(Faults)}
        read = {}
        for name, value in orders.items():
            if name not in kinds:
                raise ValueError(f"no such fault: {name}")
            read[name] = _read(kinds[name], name, value)
        with self._lock:
            for name, ordered in read.items():
                setattr(self.now, name, ordered)
            return asdict(self.now)

    def clear(self) -> None:
        """Go back to a sound line."""
        with self._lock:
            self.now = Faults()

    def strike(self) -> Strike:
        """Say what befalls the next command."""
        with self._lock:
            now = self.now
            if not any(getattr(now, name) for name in COUNTED):
                return Strike.NONE
            if now.skip:
                now.skip -= 1
                return Strike.NONE
            for name in COUNTED:
                if getattr(now, name):
                    setattr(now, name, getattr(now, name) - 1)
                    return Strike[name.upper()]
            return Strike.NONE


def _read(kind: type, name: str, value: int | None) -> int:
    if value is None or (type(value) in {bool, int} and not value):
        return False if kind is bool else 0
    if kind is bool and type(value) is int and value == 1:
        return True
    if type(value) is not kind or value < 0:
        raise ValueError(f"a fault of the wrong kind: {name}")
    return value
