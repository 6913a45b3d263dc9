"""How a router reads what it is told and writes it back: booleans, times, sizes, rates, addresses."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

_UNITS: Final = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_WORDED: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_COLONS: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d{1,2})(?::(\d{1,2}))?")
_RATE: Final = re.compile(r"(\d+)([kMG]?)")
_MAC: Final = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_SCALE: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_SIDES: Final = 2


class BadValue(Exception):
    """A value this property cannot take."""


def parse_seconds(text: str) -> int:
    """Read '3600', '1h30m', '1:00:00' or '1d00:00:00' as seconds."""
    if (colons := _COLONS.fullmatch(text)) is not None:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in colons.groups())
    elif text and (worded := _WORDED.fullmatch(text)) is not None:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in worded.groups())
    else:
        raise BadValue(text)
    return weeks * 604_800 + days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def time_text(seconds: int) -> str:
    """Write seconds as a router prints them: '1w2d3h4m5s', and '0s' for nothing."""
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def boolean(text: str) -> str:
    """Take yes or no in either spelling; print answers true or false."""
    if text in {"yes", "true"}:
        return "true"
    if text in {"no", "false"}:
        return "false"
    raise BadValue(text)


def duration(text: str) -> str:
    """Normalise a time."""
    return time_text(parse_seconds(text))


def duration_or_none(text: str) -> str:
    """Normalise a time that may also be the word none."""
    return text if text == "none" else duration(text)


def whole(text: str) -> str:
    """Take a whole number."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(text)
    return str(int(text))


def shared_users(text: str) -> str:
    """Take a count of sessions from one up, or 'unlimited'."""
    if text == "unlimited":
        return text
    if int(whole(text)) < 1:
        raise BadValue(text)
    return whole(text)


def rate(text: str) -> str:
    """Normalise '512k/2M' to '512000/2000000'; one number stands for both directions."""
    sides = text.split("/")
    found = [_RATE.fullmatch(side) for side in sides]
    if len(sides) > _SIDES or not all(found):
        raise BadValue(text)
    numbers = [str(int(match[1]) * _SCALE[match[2]]) for match in found if match]
    return "/".join(numbers if len(numbers) == _SIDES else numbers * 2)


def rate_limit(text: str) -> str:
    """Take a rate-limit string as it is, if it begins with rates: the limit, its burst, the burst's threshold."""
    for part in text.split(" ")[:3] if text else ():
        rate(part)
    return text


def queue_limits(text: str) -> dict[str, str]:
    """What the queue of a session is made with, from a rate-limit: `1M/4M 2M/8M 1M/4M 8/8`.

    A burst without a threshold has the limit as one; without a time it lasts a second.
    """
    limit, *burst = text.split(" ")
    made = {"max-limit": rate(limit)}
    if burst:
        made["burst-limit"] = rate(burst[0])
        made["burst-threshold"] = rate(burst[1]) if burst[1:] else made["max-limit"]
        times = (burst[2] if burst[2:] else "1").split("/")
        made["burst-time"] = "/".join(f"{side.removesuffix('s')}s" for side in (times * 2)[:2])
    return made


def address(text: str) -> str:
    """Take an IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise BadValue(text) from None


def network(text: str) -> str:
    """Take an IP address or network; a range or a name is kept as it is written."""
    if not text or text.strip() != text:
        raise BadValue(text)
    return text


def networks(text: str) -> str:
    """Take networks with commas between: a plain address gets its prefix. Nothing is every address."""
    try:
        return ",".join(str(ipaddress.ip_network(part, strict=False)) for part in text.split(",") if part)
    except ValueError:
        raise BadValue(text) from None


def target(text: str) -> str:
    """Normalise a queue's target: a plain address gets its prefix."""
    parts = []
    for part in text.split(","):
        try:
            parts.append(str(ipaddress.ip_network(part, strict=False)))
        except ValueError:
            parts.append(network(part))
    return ",".join(parts)


def mac(text: str) -> str:
    """Take a hardware address in capitals."""
    text = text.upper().replace("-", ":")
    if not _MAC.fullmatch(text):
        raise BadValue(text)
    return text


def anything(text: str) -> str:
    """Take any text."""
    return text


def named(text: str) -> str:
    """Take any text that is not empty."""
    if not text:
        raise BadValue(text)
    return text
