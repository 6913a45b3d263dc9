"""What would keep a router from doing its part, found by looking at it: each check is good, wrong or not to be known.

What to do about each is said where it is shown, in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from core.network import normal
from core.network.house import RadiusTerms
from core.network.menus import MARKER
from core.network.script import RIGHTS

State = Literal["good", "wrong", "unknown"]
Rows = Sequence[Mapping[str, str]]

SKEW_MOST: Final = timedelta(minutes=2)
API_SESSIONS_LEAST: Final = 5  # ours, and a person's tools beside it
RADIUS_TIMEOUT_LEAST_MS: Final = 3_000  # a satellite's round trip, our answer, and one lost packet

# Menus that are read for it, and the properties asked for.
READ: Final[Mapping[str, str]] = {
    "/system/clock": "date,time,gmt-offset",
    "/system/ntp/client": "enabled,status",
    "/system/device-mode": "mode,hotspot",
    "/ip/firewall/filter": "action,disabled",
    "/ip/service": "name,disabled,address,max-sessions",
    "/user": "name,group",
    "/user/group": "name,policy",
    "/ip/hotspot": "name,disabled,profile",
    "/ip/hotspot/profile": "name,use-radius",
    "/ppp/profile": "name,local-address,remote-address",
    "/radius": "address,secret,timeout,require-message-auth,disabled,comment,service",
    "/radius/incoming": "accept,port",
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)|([a-z]{3})/(\d\d)/(\d{4})")
_CLOCK: Final = re.compile(r"(\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-]?)(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `facts` fill the sentence; no secret is among them."""

    name: str
    state: State
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a router ourselves. `radius`: how it is to ask RADIUS, where it does and we can tell it."""

    username: str
    by_radius: bool
    has_lines: bool
    radius: RadiusTerms | None


def checks_of(seen: Mapping[str, Rows], known: Known, now: datetime) -> list[Check]:
    """Every check of a router that let us in. A menu that is not in `seen` was refused: what it says is unknown."""
    return [
        Check("answers", "good"),
        Check("lets_us_in", "good"),
        _rights(seen, known.username),
        _clock(seen, now),
        _ntp(seen),
        _fasttrack(seen),
        _device_mode(seen),
        *_service(seen),
        *_hotspot(seen, known),
        *(_lines(seen) if known.has_lines else ()),
        *(_radius(seen, known.radius) if known.by_radius else ()),
    ]


def not_let_in(*, reached: bool) -> list[Check]:
    """The checks of a router that could not be looked at."""
    if reached:
        return [Check("answers", "good"), Check("lets_us_in", "wrong")]
    return [Check("answers", "wrong")]


def clock_of(row: Mapping[str, str]) -> datetime | None:
    """A router's own time. None: it is written in no way we know."""
    date, time = _DATE.fullmatch(row.get("date", "").lower()), _CLOCK.fullmatch(row.get("time", ""))
    if date is None or time is None:
        return None
    if date[1]:
        year, month, day = int(date[1]), int(date[2]), int(date[3])
    elif date[4] in _MONTHS:
        year, month, day = int(date[6]), _MONTHS.index(date[4]) + 1, int(date[5])
    else:
        return None
    try:
        local = datetime(year, month, day, int(time[1]), int(time[2]), int(time[3]), tzinfo=UTC)
    except ValueError:
        return None
    offset = _OFFSET.fullmatch(row.get("gmt-offset", "+00:00"))
    if offset is None:
        return None
    ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return local + ahead if offset[1] == "-" else local - ahead


def _first(seen: Mapping[str, Rows], path: str) -> Mapping[str, str] | None:
    return next(iter(seen.get(path, ())), None)


def _named(rows: Rows, name: str) -> Mapping[str, str] | None:
    return next((row for row in rows if row.get("name") == name), None)


def _on(row: Mapping[str, str]) -> bool:
    return normal.yes(row.get("disabled", "")) == "no"


def _rights(seen: Mapping[str, Rows], username: str) -> Check:
    login = _named(seen.get("/user", ()), username)
    group = _named(seen.get("/user/group", ()), login.get("group", "")) if login else None
    if group is None:
        return Check("rights", "unknown")
    held = set(group.get("policy", "").split(","))  # what is not given is written with an exclamation mark
    lacking = [right for right in RIGHTS if right not in held]
    return Check("rights", "wrong" if lacking else "good", {"rights": ", ".join(lacking)} if lacking else {})


def _clock(seen: Mapping[str, Rows], now: datetime) -> Check:
    row = _first(seen, "/system/clock")
    clock = clock_of(row) if row else None
    if clock is None:
        return Check("clock", "unknown")
    skew = abs(clock - now)
    return Check("clock", "wrong" if skew > SKEW_MOST else "good", {"seconds": int(skew.total_seconds())})


def _ntp(seen: Mapping[str, Rows]) -> Check:
    row = _first(seen, "/system/ntp/client")
    if row is None:
        return Check("ntp", "unknown")
    if normal.yes(row.get("enabled", "")) == "no":
        return Check("ntp", "wrong")
    # Before 7 there is no status: that it is on is all we can know.
    return Check("ntp_answers", "good" if row.get("status", "synchronized") == "synchronized" else "wrong")


def _fasttrack(seen: Mapping[str, Rows]) -> Check:
    rules = seen.get("/ip/firewall/filter")
    if rules is None:
        return Check("fasttrack", "unknown")
    fast = any(rule.get("action") == "fasttrack-connection" and _on(rule) for rule in rules)
    return Check("fasttrack", "wrong" if fast else "good")


def _device_mode(seen: Mapping[str, Rows]) -> Check:
    row = _first(seen, "/system/device-mode")  # there since 7.17; before, nothing is forbidden
    forbidden = row is not None and normal.yes(row.get("hotspot", "yes")) == "no"
    return Check("device_mode", "wrong" if forbidden else "good")


def _service(seen: Mapping[str, Rows]) -> Iterator[Check]:
    row = _named(seen.get("/ip/service", ()), "api")
    if row is None:
        yield Check("api_sessions", "unknown")
        return
    most = row.get("max-sessions", "")
    few = most.isdecimal() and int(most) < API_SESSIONS_LEAST
    yield Check("api_sessions", "wrong" if few else "good", {"most": int(most)} if few else {})
    yield Check("api_closed", "good" if row.get("address", "") else "wrong")


def _hotspot(seen: Mapping[str, Rows], known: Known) -> Iterator[Check]:
    servers = seen.get("/ip/hotspot")
    if servers is None:
        yield Check("hotspot", "unknown")
        return
    running = [server for server in servers if _on(server)]
    yield Check("hotspot", "good" if running or known.has_lines else "wrong")
    if known.by_radius:
        profiles = seen.get("/ip/hotspot/profile", ())
        used = [_named(profiles, server.get("profile", "")) for server in running]
        deaf = [row["name"] for row in used if row is not None and normal.yes(row.get("use-radius", "")) == "no"]
        yield Check("hotspot_asks", "wrong" if deaf else "good", {"profile": ", ".join(deaf)} if deaf else {})


def _lines(seen: Mapping[str, Rows]) -> Iterator[Check]:
    own = _named(seen.get("/ppp/profile", ()), "default")
    if own is None:
        yield Check("line_addresses", "unknown")
    else:
        whole = own.get("local-address") and own.get("remote-address")
        yield Check("line_addresses", "good" if whole else "wrong")


def _radius(seen: Mapping[str, Rows], terms: RadiusTerms | None) -> Iterator[Check]:
    clients = seen.get("/radius")
    if terms is None or clients is None:
        yield Check("radius_client", "unknown")
        return
    ours = [row for row in clients if _on(row) and row.get("address") == terms.server.address]
    client = next((row for row in ours if row.get("comment", "").startswith(MARKER)), ours[0] if ours else None)
    if client is None:
        yield Check("radius_client", "wrong", {"address": terms.server.address})
        return
    yield Check("radius_client", "good")
    if "secret" in client:
        yield Check("radius_secret", "good" if client["secret"] == terms.secret else "wrong")
    else:
        yield Check("radius_secret", "unknown")
    waits = normal.milliseconds(client.get("timeout", "")) or 0
    yield Check("radius_timeout", "good" if waits >= RADIUS_TIMEOUT_LEAST_MS else "wrong", {"milliseconds": waits})
    # Not there before BlastRADIUS was answered (July 2024): such a router should be given a newer RouterOS.
    signed = client.get("require-message-auth", "no") != "no"
    yield Check("radius_signed", "good" if signed else "wrong")
    incoming = _first(seen, "/radius/incoming")
    obeys = incoming is not None and normal.yes(incoming.get("accept", "")) == "yes"
    right = obeys and incoming is not None and incoming.get("port") == str(terms.coa_port)
    yield Check("radius_orders", "good" if right else "wrong", {"port": terms.coa_port})
