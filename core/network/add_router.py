"""A router joins, is changed, or gets new credentials. What it must be told to let us in is handed out once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from core.db.engine import Transaction
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.ids import Ids
from core.network.models import RouterRow
from core.sealing import Sealer

API_PORT: Final = 8728
PASSWORD_CHARS: Final = 20  # 86 bits
SECRET_CHARS: Final = 32  # 138 bits; RFC 2865 asks for 16 octets at the least
WORD_CHARS_MAX: Final = 40
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
HOST_CHARS_MAX: Final = 200
PORT_MOST: Final = 65_535

SealSecret = Callable[[str], bytes]  # seals a shared secret as the RADIUS server can open it


@dataclass(frozen=True, slots=True)
class RouterWords:
    """What a technician says of a router. An empty password: one of ours, or the one there is."""

    name: str
    host: str
    port: int
    username: str
    area: str
    access_by: str
    nas_address: str | None
    password: str = field(default="", repr=False)
    watched: bool = True


@dataclass(frozen=True, slots=True)
class Handout:
    """What the script needs; in clear here only, on its way to the page."""

    router_id: int
    password: str = field(repr=False)
    radius_secret: str = field(repr=False)


def add_router(
    tx: Transaction,
    words: RouterWords,
    *,
    radius_there: bool,
    sealer: Sealer,
    seal_secret: SealSecret,
    ids: Ids,
    now: datetime,
) -> Handout:
    """Take a router in. It is visited as soon as it lets us in.

    Raises:
        InvalidName: name, user or area are not what they can be.
        NotPossibleNow: the router's host, port or RADIUS side cannot be meant.
        CodeTaken: another router has this name or this RADIUS address.
    """
    values = _checked(tx, words, radius_there=radius_there, router_id=None)
    password, secret = words.password or ids.typeable(PASSWORD_CHARS), ids.typeable(SECRET_CHARS)
    router_id = tx.execute(
        insert(RouterRow)
        .values(
            **values,
            password_sealed=sealer.seal(password),
            radius_secret=seal_secret(secret),
            full_sync_due_at=now,
            failures=0,
        )
        .returning(RouterRow.id)
    ).scalar_one()
    tx.ring("router")
    return Handout(int(router_id), password, secret)


def change_router(
    tx: Transaction,
    router_id: int,
    words: RouterWords,
    *,
    radius_there: bool,
    sealer: Sealer,
    seal_secret: SealSecret,
    ids: Ids,
    now: datetime,
) -> None:
    """Say it anew. The whole router is looked at next; what it must hold may be another thing now.

    Raises:
        NotFound: there is no such router.
        InvalidName, NotPossibleNow, CodeTaken: as in `add_router`.
    """
    row = tx.execute(select(RouterRow.radius_secret).where(RouterRow.id == router_id).with_for_update()).first()
    if row is None:
        raise NotFound(what="router")
    values: dict[str, Any] = dict(_checked(tx, words, radius_there=radius_there, router_id=router_id))
    if words.password:
        values["password_sealed"] = sealer.seal(words.password)
    if row.radius_secret is None:
        values["radius_secret"] = seal_secret(ids.typeable(SECRET_CHARS))
    again = {"full_sync_due_at": now, "try_again_at": None}
    tx.execute(update(RouterRow).where(RouterRow.id == router_id).values(**values, **again))
    tx.ring("router")


def renew_credentials(
    tx: Transaction, router_id: int, *, sealer: Sealer, seal_secret: SealSecret, ids: Ids, now: datetime
) -> Handout:
    """A fresh password and RADIUS secret. Until the new script is pasted we are not let in.

    Raises:
        NotFound: there is no such router.
    """
    password, secret = ids.typeable(PASSWORD_CHARS), ids.typeable(SECRET_CHARS)
    changed = tx.execute(
        update(RouterRow)
        .where(RouterRow.id == router_id)
        .values(
            password_sealed=sealer.seal(password),
            radius_secret=seal_secret(secret),
            full_sync_due_at=now,
            try_again_at=None,
        )
        .returning(RouterRow.id)
    ).first()
    if changed is None:
        raise NotFound(what="router")
    return Handout(router_id, password, secret)


def _checked(
    tx: Transaction, words: RouterWords, *, radius_there: bool, router_id: int | None
) -> Mapping[str, str | int | bool | None]:
    for typed in (words.name, words.username):
        if not _NAME.fullmatch(typed):
            raise InvalidName(typed)
    if len(words.area) > WORD_CHARS_MAX or (words.area and not words.area.isprintable()):
        raise InvalidName(words.area)
    if not _is_host(words.host):
        raise NotPossibleNow(what="router", state="host")
    if not 1 <= words.port <= PORT_MOST:
        raise NotPossibleNow(what="router", state="port")
    if words.access_by not in {"api", "radius"}:
        raise NotPossibleNow(what="router", state="access")
    nas = words.nas_address or None
    if nas is not None:
        nas = _address(nas)
    if words.access_by == "radius":
        if not radius_there:
            raise NotPossibleNow(what="router", state="no radius server")
        if nas is None:
            raise NotPossibleNow(what="router", state="nas address")
    _check_free(tx, words.name, nas, router_id)
    return {
        "name": words.name,
        "host": words.host,
        "port": words.port,
        "username": words.username,
        "area": words.area,
        "access_by": words.access_by,
        "nas_address": nas,
        "watched": words.watched,
    }


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # Digits and dots alone are an address that cannot be.
        labels = text.split(".")
        named = len(text) <= HOST_CHARS_MAX and all(_LABEL.fullmatch(label) for label in labels)
        return named and not labels[-1].isdecimal()
    return True


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise NotPossibleNow(what="router", state="nas address") from None


def _check_free(tx: Transaction, name: str, nas: str | None, router_id: int | None) -> None:
    others = select(RouterRow.name, RouterRow.nas_address).where(
        (RouterRow.name == name) | ((RouterRow.nas_address == nas) if nas else False),
        RouterRow.id != (router_id or 0),
    )
    for other in tx.execute(others):
        raise CodeTaken(name if other.name == name else nas or "")
