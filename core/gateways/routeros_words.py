"""RouterOS's words and ours: rows to values, changes to commands, its sentences to what they mean for us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from core.gateways.routeros_items import call_for_item, secret_of_item
from core.gateways.routeros_wire import Call, Row
from core.network import normal
from core.network.menus import AddItem, RemoveItem, SetItem
from core.network.router import (
    ActiveLine,
    ActiveSession,
    AddProfile,
    AddUser,
    Change,
    HeldProfile,
    HeldUser,
    HotspotProfile,
    HotspotUser,
    RemoveUser,
    Return,
    RouterError,
    RouterHealth,
    SetProfile,
    SetUser,
)

USER: Final = "/ip/hotspot/user"
PROFILE: Final = "/ip/hotspot/user/profile"
ACTIVE: Final = "/ip/hotspot/active"
COOKIE: Final = "/ip/hotspot/cookie"
RESOURCE: Final = "/system/resource"
IDENTITY: Final = "/system/identity"

USER_PROPERTIES: Final = (
    ".id,name,password,profile,limit-uptime,limit-bytes-total,comment,disabled,uptime,bytes-in,bytes-out"
)
PROFILE_PROPERTIES: Final = ".id,name,rate-limit,shared-users,default"
ACTIVE_PROPERTIES: Final = ".id,user,mac-address,address,uptime,bytes-in,bytes-out,radius"
RESOURCE_PROPERTIES: Final = "uptime,version,board-name,free-memory,cpu-load"

GONE: Final = "no such item"
_DUPLICATE: Final = re.compile(r"already (have|exists)")
# Only a person or another release of ours changes these; all else may pass with time or with the next reading.
_PERMANENT: Final = re.compile(
    r"already (have|exists)|invalid value|unknown parameter|no such command|not enough permissions|ambiguous value"
)


def seconds(text: str) -> int:
    """Read a time in any of the forms RouterOS has used: '1w2d3h4m5s', '01:22:53', '1d00:00:00', '3600', 'none'."""
    read = normal.milliseconds(text)
    if read is None:
        raise RouterError(f"the router wrote a time we cannot read: {text[:40]}", permanent=True)
    return read // 1_000


def number(text: str) -> int:
    """Read a whole number; nothing is zero."""
    if text and not text.isdigit():
        raise RouterError(f"the router wrote a number we cannot read: {text[:40]}", permanent=True)
    return int(text or 0)


def duplicate(refusal: str) -> bool:
    """Say whether the router refused because it has one of that name."""
    return _DUPLICATE.search(refusal) is not None


def permanent(refusal: str) -> bool:
    """Say whether the same again cannot help. A sentence we do not know may pass."""
    return _PERMANENT.search(refusal) is not None


def held_user(row: Row) -> HeldUser:
    """Read a hotspot user. A limit of zero is none; a password that is not there is hidden from us."""
    return HeldUser(
        id=row["id"],
        name=row.get("name", ""),
        password=row.get("password", ""),
        password_hidden="password" not in row,
        profile=row.get("profile", ""),
        limit_uptime_s=seconds(row.get("limit-uptime", "")) or None,
        limit_bytes_total=number(row.get("limit-bytes-total", "")) or None,
        comment=row.get("comment", ""),
        disabled=_yes(row.get("disabled", "")),
        uptime_s=seconds(row.get("uptime", "")),
        bytes_in=number(row.get("bytes-in", "")),
        bytes_out=number(row.get("bytes-out", "")),
    )


def held_profile(row: Row) -> HeldProfile:
    """Read a hotspot user profile."""
    shared = row.get("shared-users", "1")
    return HeldProfile(
        id=row["id"],
        name=row.get("name", ""),
        rate_limit=row.get("rate-limit", ""),
        shared_users=None if shared == "unlimited" else number(shared),
        default=_yes(row.get("default", "")),
    )


def active_session(row: Row) -> ActiveSession:
    """Read a session."""
    return ActiveSession(
        id=row["id"],
        user=row.get("user", ""),
        mac=row.get("mac-address", ""),
        address=row.get("address", ""),
        uptime_s=seconds(row.get("uptime", "")),
        bytes_in=number(row.get("bytes-in", "")),
        bytes_out=number(row.get("bytes-out", "")),
        radius=_yes(row.get("radius", "")),
    )


def health(resource: Row, identity: Row) -> RouterHealth:
    """Read how a router is."""
    return RouterHealth(
        identity=identity.get("name", ""),
        version=resource.get("version", ""),
        board=resource.get("board-name", ""),
        uptime_s=seconds(resource.get("uptime", "")),
        free_memory_bytes=number(resource.get("free-memory", "")),
        cpu_load=number(resource.get("cpu-load", "").rstrip("%")),
    )


def log_in_call(one: Return) -> Call:
    """The command that logs a device in again."""
    session = one.session
    words = {"user": session.user, "password": one.password, "mac-address": session.mac, "ip": session.address}
    return Call(ACTIVE, "login", words)


def lines_of(lines: Sequence[Row], queues: Sequence[Row]) -> list[ActiveLine]:
    """Read which lines are up, and what their queues have counted."""
    counted = {queue.get("name", ""): queue.get("bytes", "") for queue in queues}
    return [active_line(row, counted.get(f"<pppoe-{row.get('name', '')}>", "")) for row in lines]


def active_line(row: Row, counted: str) -> ActiveLine:
    """Read a line and what its queue counted, upload and download: `1200/34000`."""
    up, _, down = counted.partition("/")
    return ActiveLine(
        id=row["id"],
        name=row.get("name", ""),
        uptime_s=seconds(row.get("uptime", "")),
        counted=(number(up), number(down)) if counted else None,
        radius=_yes(row.get("radius", "")),
    )


def call_for(change: Change) -> Call:
    """Put a change into a command. Every managed property is said, so that nothing of an earlier state stays."""
    if isinstance(change, AddUser):
        return Call(USER, "add", _user_words(change.user))
    if isinstance(change, SetUser):
        return Call(USER, "set", {"id": change.id, **_user_words(change.user)})
    if isinstance(change, AddProfile):
        return Call(PROFILE, "add", _profile_words(change.profile))
    if isinstance(change, SetProfile):
        return Call(PROFILE, "set", {"id": change.id, **_profile_words(change.profile)})
    if isinstance(change, AddItem | SetItem | RemoveItem):
        return call_for_item(change)
    path = USER if isinstance(change, RemoveUser) else PROFILE
    return Call(path, "remove", {"id": change.id})


def secret_of(change: Change) -> str:
    """Give the password a change carries, so that it can be kept out of messages."""
    if isinstance(change, AddItem | SetItem | RemoveItem):
        return secret_of_item(change)
    return change.user.password if isinstance(change, AddUser | SetUser) else ""


def _user_words(user: HotspotUser) -> Row:
    return {
        "name": user.name,
        "password": user.password,
        "profile": user.profile,
        "limit-uptime": f"{user.limit_uptime_s or 0}s",
        "limit-bytes-total": str(user.limit_bytes_total or 0),
        "comment": user.comment,
        "disabled": "yes" if user.disabled else "no",
    }


def _profile_words(profile: HotspotProfile) -> Row:
    shared = "unlimited" if profile.shared_users is None else str(profile.shared_users)
    return {"name": profile.name, "rate-limit": profile.rate_limit, "shared-users": shared}


def _yes(text: str) -> bool:
    return text in {"true", "yes"}
