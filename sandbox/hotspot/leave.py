"""What a server grants, read from its answer or its order: speeds, seconds, bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

_RATE: Final = re.compile(r"(\d+)([kM]?)/(\d+)([kM]?)(?: .*)?")  # client's upload first; a burst may follow
_UNITS: Final = {"": 1, "k": 1000, "M": 1_000_000}
_INTERIM_S: Final = 300


class BadLeave(Exception):
    """An answer that cannot be obeyed."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What a session may do. None is without end."""

    up_bps: int
    down_bps: int
    left_s: int | None
    left_bytes: int | None
    interim_s: float
    mark: tuple[bytes, ...]  # Class, which accounts carry back


@dataclass(frozen=True, slots=True)
class Order:
    """What of a session is to change. None stays as it is. `session_s` and `session_bytes`: from its beginning."""

    speed: tuple[int, int] | None
    session_s: int | None
    session_bytes: int | None


def read_leave(reply: Any) -> Leave:
    """Read an Access-Accept.

    Raises:
        BadLeave: it names no speed, or one that cannot be read.
    """
    found = speed(reply)
    if found is None:
        raise BadLeave("no speed is given")
    up, down = found
    return Leave(
        up_bps=up,
        down_bps=down,
        left_s=_one(reply, "Session-Timeout"),
        left_bytes=_limit(reply),
        interim_s=_one(reply, "Acct-Interim-Interval") or _INTERIM_S,
        mark=tuple(reply["Class"]) if "Class" in reply else (),
    )


def read_order(request: Any) -> Order:
    """Read a CoA-Request.

    Raises:
        BadLeave: its speed cannot be read.
    """
    return Order(speed(request), _one(request, "Session-Timeout"), _limit(request))


def speed(packet: Any) -> tuple[int, int] | None:
    """Up and down, in bit/s; RouterOS's own words win over WISPr's.

    Raises:
        BadLeave: they cannot be read.
    """
    if "Mikrotik-Rate-Limit" in packet:
        said = packet["Mikrotik-Rate-Limit"][0]
        read = _RATE.fullmatch(said)
        if read is None:
            raise BadLeave(f"a speed of {said!r}")
        return int(read[1]) * _UNITS[read[2]], int(read[3]) * _UNITS[read[4]]
    up, down = _one(packet, "WISPr-Bandwidth-Max-Up"), _one(packet, "WISPr-Bandwidth-Max-Down")
    return (up, down) if up and down else None


def _limit(packet: Any) -> int | None:
    low, high = _one(packet, "Mikrotik-Total-Limit"), _one(packet, "Mikrotik-Total-Limit-Gigawords")
    return None if low is None and high is None else ((high or 0) << 32) + (low or 0)


def _one(packet: Any, name: str) -> int | None:
    return int(packet[name][0]) if name in packet else None
