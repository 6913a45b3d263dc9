"""Making and withdrawing keys. A key is told once, to whoever makes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.ids import Ids
from core.network.models import RouterRow
from core.partners.models import ApiKey
from core.partners.scopes import scopes_named
from core.staff import audit

BRAND: Final = "shabaka"  # a key that was left lying somewhere is known for one
PREFIX_CHARS: Final = 8
SECRET_CHARS: Final = 40  # 172 bits: a digest without salt cannot be guessed back
NAME_CHARS_MAX: Final = 40
PACE_USUAL: Final = 600  # requests a minute
PACE_MOST: Final = 60_000


@dataclass(frozen=True, slots=True)
class Made:
    """A fresh key, in clear here only."""

    key_id: int
    prefix: str
    key: str = field(repr=False)


def digest_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


def make_key(
    tx: Transaction,
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    ids: Ids,
    router: str = "",
    requests_a_minute: int = PACE_USUAL,
    by: int | None = None,
) -> Made:
    """Make a key. With the name of a `router` it speaks for that one alone.

    Raises:
        InvalidName: its name is none.
        CodeTaken: a key that is not withdrawn has the name.
        NotFound: there is no such router.
        NotPossibleNow: the scopes or the pace cannot be meant.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise InvalidName(typed=name[:NAME_CHARS_MAX])
    allowed = scopes_named(scopes)
    if not 0 < requests_a_minute <= PACE_MOST:
        raise NotPossibleNow(what="api key", state="pace")
    prefix = ids.typeable(PREFIX_CHARS)
    key = f"{BRAND}_{prefix}_{ids.typeable(SECRET_CHARS)}"
    key_id = tx.execute(
        upsert(ApiKey)
        .values(
            name=name,
            prefix=prefix,
            digest=digest_of(key),
            scopes=list(allowed),
            router_id=_router(tx, router) if router else None,
            requests_a_minute=requests_a_minute,
            made_by=by,
            made_at=now,
        )
        .on_conflict_do_nothing(index_elements=[ApiKey.name], index_where=ApiKey.withdrawn_at.is_(None))
        .returning(ApiKey.id)
    ).scalar()
    if key_id is None:
        raise CodeTaken(taken=name)
    detail = {"name": name, "scopes": list(allowed), "router": router}
    audit.write(tx, staff_id=by, act="api_key_made", subject=f"api key:{prefix}", now=now, detail=detail)
    return Made(int(key_id), prefix, key)


def withdraw_key(tx: Transaction, *, prefix: str, now: datetime, by: int | None = None) -> str:
    """Let nobody in with it any more, from the next request on. Returns its name.

    Raises:
        NotFound: there is none that begins so, or it was withdrawn before.
    """
    name = tx.execute(
        update(ApiKey)
        .where(ApiKey.prefix == prefix, ApiKey.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by)
        .returning(ApiKey.name)
    ).scalar()
    if name is None:
        raise NotFound(what="api key")
    audit.write(tx, staff_id=by, act="api_key_withdrawn", subject=f"api key:{prefix}", now=now, detail={"name": name})
    return str(name)


def _router(tx: Transaction, name: str) -> int:
    router_id = tx.execute(select(RouterRow.id).where(RouterRow.name == name)).scalar()
    if router_id is None:
        raise NotFound(what="router")
    return int(router_id)
