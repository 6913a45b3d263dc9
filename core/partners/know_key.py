"""Whose key a request carries."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, or_, select, update

from core.db.engine import Transaction
from core.network.models import RouterRow
from core.partners.make_key import BRAND, PREFIX_CHARS, SECRET_CHARS, digest_of
from core.partners.models import ApiKey

_KEY: Final = re.compile(rf"{BRAND}_([a-z0-9]{{{PREFIX_CHARS}}})_[a-z0-9]{{{SECRET_CHARS}}}", re.ASCII)
USE_NOTED_EVERY: Final = timedelta(minutes=1)  # not at each request: that would be a write for every read
_NOBODY: Final = bytes(32)
_FIND: Final = (
    select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.prefix,
        ApiKey.digest,
        ApiKey.scopes,
        ApiKey.requests_a_minute,
        ApiKey.last_used_at,
        RouterRow.name.label("router"),
        RouterRow.nas_address,
    )
    .outerjoin(RouterRow, RouterRow.id == ApiKey.router_id)
    .where(ApiKey.prefix == bindparam("prefix"), ApiKey.withdrawn_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key in force. `router` is the one it speaks for alone, `nas_address` where that one asks RADIUS from."""

    key_id: int
    name: str
    prefix: str
    scopes: frozenset[str]
    requests_a_minute: int
    last_used_at: datetime | None
    router: str | None
    nas_address: str | None


def know_key(connection: Connection, presented: str) -> Key | None:
    """The key, if it is one of ours, whole and in force. It takes the same time whatever of it is wrong."""
    said = _KEY.fullmatch(presented)
    row = connection.execute(_FIND, {"prefix": said[1] if said else ""}).first()
    same = hmac.compare_digest(digest_of(presented), row.digest if row else _NOBODY)
    if row is None or not same:
        return None
    return Key(
        row.id,
        row.name,
        row.prefix,
        frozenset(row.scopes),
        row.requests_a_minute,
        row.last_used_at,
        row.router,
        row.nas_address,
    )


def is_use_due(key: Key, now: datetime) -> bool:
    """Whether its use is to be noted."""
    return key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY


def note_use(tx: Transaction, key: Key, now: datetime) -> None:
    """Note that it was used, once a minute whoever comes at once."""
    due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USE_NOTED_EVERY)
    tx.execute(update(ApiKey).where(ApiKey.id == key.key_id, due).values(last_used_at=now))
