"""What is told about a token that is being used up: shares of its data, and its time. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SHARES: Final = (100, 80, 50)  # of the data, in percent
DATA_OUT: Final = "share:100"
TIME_SHORT: Final = "time:short"
TIME_OUT: Final = "time:out"
# Time is short in its last tenth: long enough to buy another, and near enough to be of use.
SHORT_LEAST: Final = timedelta(minutes=10)
SHORT_MOST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TokenUse:
    """How a token stands. Seconds and bytes; `data_bytes` None is no limit of data. `over`: it has ended."""

    duration_s: int
    ends_at: datetime
    data_bytes: int | None
    used_bytes: int
    over: bool


def short_time(duration_s: int) -> timedelta:
    """How long before its end a token's time is short. One sold for a few minutes is never told of it."""
    tenth = timedelta(seconds=duration_s // 10)
    return min(max(tenth, SHORT_LEAST), SHORT_MOST, timedelta(seconds=duration_s // 2))


def reached(use: TokenUse, now: datetime) -> tuple[list[str], list[str]]:
    """What has been reached: what is worth a text if it was not told yet, and what that text makes old.

    One that is used up or over is told the one reason for it, and nothing after it.
    """
    shares = [f"share:{share}" for share in SHARES if use.data_bytes and use.used_bytes * 100 >= share * use.data_bytes]
    if DATA_OUT in shares:
        return [DATA_OUT], [*shares[1:], TIME_SHORT, TIME_OUT]
    if use.over:
        return [TIME_OUT], [*shares, TIME_SHORT]
    short = [TIME_SHORT] if use.ends_at - now <= short_time(use.duration_s) else []
    return short + shares[:1], shares[1:]
