"""What a look at a router found of its users goes to the writer of usage, as what RADIUS tells does.

Who authenticates counts. A router whose users are told to it lets them in itself, and what the looks find of them is
their usage; one that asks RADIUS tells RADIUS. A session is never handed in by both: a look leaves out whom RADIUS let
in, and what a router of the first kind says by RADIUS is kept, but belongs to no grant (`fold_statements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert

from core.db.engine import Transaction
from core.usage.models import UsageInbox

SOURCE: Final = "api"
_NAS: Final = "api:"
_SAY: Final = insert(UsageInbox)


@dataclass(frozen=True, slots=True)
class Seen:
    """A session that a look found: how old it is, and its counters in bytes, which begin with it."""

    username: str
    session: str
    age_s: int
    up_bytes: int
    down_bytes: int
    mac: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """What the router has added up of a user's sessions that ended, in bytes. It outlives a power cut."""

    username: str
    up_bytes: int
    down_bytes: int


def nas_of(router_id: int) -> str:
    """The name under which the looks at a router are told; no RADIUS client has one like it."""
    return f"{_NAS}{router_id}"


def hear_look(
    tx: Transaction,
    *,
    router_id: int,
    sessions: Iterable[Seen],
    credits_: Iterable[Credit],
    at: datetime,
    looked_at: datetime,
) -> None:
    """Hand in all that one look found. `sessions` are all of its own that the router has; it may be none.

    The order matters for one thing only: a batch of the writer that ends amid a look must not hold a credit without
    the sessions that go on beside it.
    """
    same = {"heard_at": at, "at": at, "nas": nas_of(router_id), "source": SOURCE, "looked_at": looked_at, "cause": ""}
    rows: list[Mapping[str, Any]] = [same | _session(one) for one in sessions]
    rows += [same | _row("credit", one.username, "", 0, one.up_bytes, one.down_bytes) for one in credits_]
    rows.append(same | _row("call", "", "", 0, 0, 0))
    tx.execute(_SAY, rows)


def _session(seen: Seen) -> dict[str, Any]:
    row = _row("interim", seen.username, seen.session, seen.age_s, seen.up_bytes, seen.down_bytes)
    return row | {"mac": seen.mac, "address": seen.address}


def _row(packet: str, username: str, session: str, age_s: int, up_bytes: int, down_bytes: int) -> dict[str, Any]:
    return {
        "packet": packet,
        "username": username,
        "session": session,
        "session_s": age_s,
        "up_bytes": up_bytes,
        "down_bytes": down_bytes,
        "mac": "",
        "address": "",
    }
