"""Making a token, whatever it was made for: credentials, the row, the router, and the text to the recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert

from core.access.first_use import mark_first_use
from core.access.grant import Limits, grant
from core.catalog.plan_words import plan_words
from core.catalog.queries import Offer
from core.db.engine import Transaction
from core.ids import Ids
from core.messaging.queue_text import queue_text
from core.network.place import place
from core.sealing import Sealer
from core.tokens.models import Token

_WRITE_TOKEN: Final = insert(Token).returning(Token.id)


@dataclass(frozen=True, slots=True)
class Whose:
    """The phone a token is for, how to speak to it, and the network it is good at."""

    recipient_phone: str
    tongue: str
    hotspot_id: int
    ssid: str
    router_id: int


def make_token(
    tx: Transaction,
    *,
    request_key: str,
    whose: Whose,
    offer: Offer,
    came_by: Mapping[str, Any],
    now: datetime,
    ids: Ids,
    sealer: Sealer,
) -> int:
    """Make a token of an offer, at its price. Its id.

    `came_by`: the columns that say where it came from: `origin`, and who bought, sold or gave it. The database has the
    request once: whoever calls has looked whether it was served before.
    """
    limits = Limits(offer.duration_s, offer.data_bytes, offer.down_kbps, offer.up_kbps, offer.devices_max)
    granted = grant(tx, router_id=whose.router_id, limits=limits, now=now, ids=ids, sealer=sealer)
    token_id = tx.execute(
        _WRITE_TOKEN,
        {
            "request_key": request_key,
            "recipient_phone": whose.recipient_phone,
            "hotspot_id": whose.hotspot_id,
            "plan_version_id": offer.version_id,
            "grant_id": granted.grant_id,
            "price_minor": offer.price.minor,
            "currency": offer.price.currency,
            "lookup": sealer.codes.lookup(granted.username + granted.password),
            "sold_at": now,
            **came_by,
        },
    ).scalar_one()
    if offer.counts_from == "sale":
        mark_first_use(tx, grant_id=granted.grant_id, used_at=now)
    place(tx, grant_id=granted.grant_id, wanted="present", now=now, router_id=whose.router_id)
    queue_text(
        tx,
        phone=whose.recipient_phone,
        tongue=whose.tongue,
        template="token",
        key=f"token:{token_id}",
        now=now,
        facts={"ssid": whose.ssid, "plan": plan_words(whose.tongue, offer.duration_s, offer.data_bytes)},
        secrets={"username": granted.username, "password": granted.password},
        sealer=sealer,
    )
    return int(token_id)
