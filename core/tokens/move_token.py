"""Moving what is left of a token to another phone: it gets new credentials, and the old ones are worth nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select

from core.access.change import end
from core.access.first_use import mark_first_use
from core.access.grant import Limits, grant
from core.access.models import AccessGrant
from core.catalog.plan_words import plan_words
from core.customers.queries import tongue_for
from core.db.engine import Transaction
from core.errors import KeyReused, NotFound, NotPossibleNow
from core.ids import Ids
from core.messaging.queue_text import queue_text
from core.network.place import place
from core.sealing import Sealer
from core.tokens.models import Hotspot, Token

# Where a token came from goes with it. What was paid stays with the first, which is never moved twice.
_KEPT: Final = (
    "origin", "buyer_id", "seller_id", "hotspot_id", "plan_version_id", "currency", "campaign", "batch_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """The token the other phone holds. `again`: the same request had been served before."""

    token_id: int
    again: bool


def move_token(
    tx: Transaction, *, request_key: str, token_id: int, phone: str, to_phone: str, now: datetime, ids: Ids,
    sealer: Sealer,
) -> Moved:  # fmt: skip
    """Move what is left of a token that `phone` holds, once per request, and text the other phone.

    A clock that runs goes on running; who is online with the old credentials is sent off.

    Raises:
        NotFound: no such token of this phone.
        NotPossibleNow: it is over, used up or paused.
        KeyReused: the same key moved another token, or to another phone.
    """
    query = (
        select(Token.__table__, AccessGrant.__table__.c.status, AccessGrant.router_id, AccessGrant.duration_s,
               AccessGrant.data_bytes, AccessGrant.used_bytes, AccessGrant.ends_at, AccessGrant.down_kbps,
               AccessGrant.up_kbps, AccessGrant.devices_max, Hotspot.ssid)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .join(Hotspot, Hotspot.id == Token.hotspot_id)
        .where(Token.id == token_id, Token.recipient_phone == phone)
        .with_for_update(of=AccessGrant)
    )  # fmt: skip
    old = tx.execute(query).mappings().first()
    if old is None:
        raise NotFound(what="token")
    of_request = select(Token.id, Token.moved_from_id, Token.recipient_phone).where(Token.request_key == request_key)
    before = tx.execute(of_request).first()
    if before is not None:
        if (before.moved_from_id, before.recipient_phone) != (token_id, to_phone):
            raise KeyReused(key=request_key)
        return Moved(before.id, again=True)
    limits = _left(old, now)
    end(tx, grant_id=old["grant_id"], now=now)
    place(tx, grant_id=old["grant_id"], wanted="disabled", now=now)
    granted = grant(tx, router_id=old["router_id"], limits=limits, now=now, ids=ids, sealer=sealer)
    if old["status"] == "running":
        mark_first_use(tx, grant_id=granted.grant_id, used_at=now)
    place(tx, grant_id=granted.grant_id, wanted="present", now=now)
    row = {name: old[name] for name in _KEPT} | {
        "request_key": request_key, "recipient_phone": to_phone, "grant_id": granted.grant_id, "price_minor": 0,
        "moved_from_id": token_id, "lookup": sealer.codes.lookup(granted.username + granted.password), "sold_at": now,
    }  # fmt: skip
    moved_id = int(tx.execute(insert(Token).values(row).returning(Token.id)).scalar_one())
    tongue = tongue_for(tx.connection, to_phone, tongue_for(tx.connection, phone))
    queue_text(
        tx,
        phone=to_phone,
        tongue=tongue,
        template="token",
        key=f"token:{moved_id}",
        now=now,
        facts={"ssid": old["ssid"], "plan": plan_words(tongue, limits.duration_s or 0, limits.data_bytes)},
        secrets={"username": granted.username, "password": granted.password},
        sealer=sealer,
    )
    return Moved(moved_id, again=False)


def _left(old: Any, now: datetime) -> Limits:
    """What is left of time and data."""
    time, data = old["duration_s"], old["data_bytes"]
    if old["ends_at"] is not None:
        time = math.floor((old["ends_at"] - now).total_seconds())
    if data is not None:
        data -= old["used_bytes"]
    if old["status"] not in ("waiting", "running") or time <= 0 or (data is not None and data <= 0):
        raise NotPossibleNow(what="token", state=old["status"])
    return Limits(time, data, old["down_kbps"], old["up_kbps"], old["devices_max"])
