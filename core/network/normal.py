"""Values as RouterOS writes them, each brought to one form: '1h', '01:00:00' and '3600' are the same time."""

from __future__ import annotations

import re
from typing import Final

_WORDED: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
_COLONS: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+):)?(\d+):(\d+)(?:\.(\d{1,3})\d*)?")
_SIZES_MS: Final = (604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_RATE: Final = re.compile(r"(\d+)([kMG]?)")
_SCALE: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


def milliseconds(text: str) -> int | None:
    """A time in any of the forms RouterOS has used: '1w2d3h4m5s', '1s100ms', '01:22:53', '3600'. None: it is none."""
    if text in {"", "none"}:
        return 0
    if text.isdecimal():
        return int(text) * 1_000
    match = _WORDED.fullmatch(text)
    if match is not None:
        return _sum(match.groups())
    match = _COLONS.fullmatch(text)
    if match is None:
        return None
    *parts, fraction = match.groups()
    return _sum((*parts, fraction.ljust(3, "0") if fraction else None))


def time(text: str) -> str:
    """A time, in milliseconds."""
    read = milliseconds(text)
    return text if read is None else str(read)


def yes(text: str) -> str:
    """A switch: 'true' and 'yes' are on, all else is off."""
    return "yes" if text in {"true", "yes"} else "no"


def rate(text: str) -> str:
    """A rate limit with or without burst: '512k/2M' is '512000/2000000'; one side alone stands for both."""
    return " ".join(_rate(part) for part in text.split())


def words(text: str) -> str:
    """A list whose order says nothing: 'ppp,hotspot' is 'hotspot,ppp'."""
    return ",".join(sorted({word.strip() for word in text.split(",") if word.strip()}))


def plain(text: str) -> str:
    """A text as it is."""
    return text


def _rate(part: str) -> str:
    sides = [_RATE.fullmatch(side.removesuffix("s")) for side in part.split("/")]
    if not all(sides):
        return part
    numbers = [str(int(side[1]) * _SCALE[side[2]]) for side in sides if side]
    return "/".join(numbers * 2 if len(numbers) == 1 else numbers)


def _sum(parts: tuple[str | None, ...]) -> int:
    return sum(int(part or 0) * size for part, size in zip(parts, _SIZES_MS, strict=True))
