"""Usage that a program tells: counters of sessions, into the one queue that the writer of usage empties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select

from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.network.models import RouterRow
from core.usage.models import UsageInbox

AHEAD_MOST: Final = timedelta(minutes=5)  # a clock that is a little fast
OLDEST: Final = timedelta(days=31)  # what was kept while the uplink was away; older belongs to months that are billed
NAME_BYTES_MAX: Final = 253  # of a RADIUS attribute (RFC 2865, section 5)
NAME_CHARS_KEPT: Final = 200  # as of a packet


@dataclass(frozen=True, slots=True)
class Sample:
    """A session's counters as they stood at an instant. They are cumulative, and `session_s` old."""

    router: str
    session: str
    username: str
    packet: str
    at: datetime
    session_s: int
    up_bytes: int
    down_bytes: int
    mac: str
    address: str
    cause: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A sample that is not counted: a code, and why in one sentence."""

    code: str
    why: str


def take_usage(
    tx: Transaction, samples: Mapping[int, Sample], *, now: datetime, only_router: str | None
) -> dict[int, NotTaken]:
    """Queue what can be counted; returns the others, by the same numbers. The key may speak for `only_router` alone."""
    routers = _routers(tx, {sample.router for sample in samples.values()})
    homes = _homes(tx, [sample.username for sample in samples.values()])
    refused: dict[int, NotTaken] = {}
    rows: list[dict[str, Any]] = []
    for place, sample in samples.items():
        why = _why_not(sample, routers, homes, now, only_router)
        if why is None:
            rows.append(_row(sample, routers[sample.router].nas_address, now))
        else:
            refused[place] = why
    if rows:
        tx.execute(insert(UsageInbox), rows)
    return refused


def _routers(tx: Transaction, names: set[str]) -> dict[str, Any]:
    columns = (RouterRow.id, RouterRow.name, RouterRow.access_by, RouterRow.nas_address)
    return {row.name: row for row in tx.execute(select(*columns).where(RouterRow.name.in_(names)))}


def _homes(tx: Transaction, usernames: Sequence[str]) -> dict[str, int]:
    """User name -> the router it may be online at."""
    rows = tx.execute(
        select(AccessGrant.username, AccessGrant.router_id).where(AccessGrant.username.in_(set(usernames)))
    )
    return {row.username: row.router_id for row in rows}


def _why_not(
    sample: Sample, routers: Mapping[str, Any], homes: Mapping[str, int], now: datetime, only_router: str | None
) -> NotTaken | None:
    router = routers.get(sample.router)
    if only_router is not None and sample.router != only_router:
        return NotTaken("other_router", f"This key speaks for the router {only_router} alone.")
    if router is None:
        return NotTaken("unknown_router", "There is no router of this name.")
    if router.access_by != "radius" or router.nas_address is None:
        return NotTaken("router_is_read", "We read this router's counters ourselves: they would count twice.")
    if len(sample.username.encode()) > NAME_BYTES_MAX:
        return NotTaken("name_too_long", f"username has {NAME_BYTES_MAX} bytes at most.")
    if homes.get(sample.username, router.id) != router.id:
        return NotTaken("other_router", "This username belongs to another router.")
    if sample.at > now + AHEAD_MOST:
        return NotTaken("in_the_future", "at lies in the future.")
    if sample.at < now - OLDEST:
        return NotTaken("too_old", f"at is more than {OLDEST.days} days ago.")
    return None


def _row(sample: Sample, nas: str, now: datetime) -> dict[str, Any]:
    return {
        "heard_at": now,
        "at": min(sample.at, now),
        "nas": nas,
        "packet": sample.packet,
        "session": sample.session,
        "username": sample.username[:NAME_CHARS_KEPT],
        "mac": sample.mac,
        "address": sample.address,
        "session_s": sample.session_s,
        "up_bytes": sample.up_bytes,
        "down_bytes": sample.down_bytes,
        "cause": sample.cause,
        "source": "rest",
    }
