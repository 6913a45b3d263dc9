"""Texting a token's credentials again, to the phone they were made for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.access.models import AccessGrant
from core.catalog.plan_words import plan_words
from core.customers.queries import tongue_for
from core.db.engine import Transaction
from core.errors import NotFound
from core.messaging.queue_text import queue_text
from core.sealing import Sealer
from core.tokens.models import Hotspot, Token


def resend_token(
    tx: Transaction, *, token_id: int, phone: str, request_key: str, now: datetime, sealer: Sealer
) -> None:
    """Queue the credentials of a usable token once per request.

    Raises:
        NotFound: no such token of this phone, or it is over.
    """
    row = tx.execute(
        select(
            Hotspot.ssid,
            AccessGrant.username,
            AccessGrant.password_sealed,
            AccessGrant.duration_s,
            AccessGrant.data_bytes,
        )
        .select_from(Token)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .join(Hotspot, Hotspot.id == Token.hotspot_id)
        .where(Token.id == token_id, Token.recipient_phone == phone, AccessGrant.status.in_(("waiting", "running")))
    ).first()
    if row is None:
        raise NotFound(what="token")
    tongue = tongue_for(tx.connection, phone)
    queue_text(
        tx,
        phone=phone,
        tongue=tongue,
        template="token",
        key=f"token:{token_id}:{request_key}",
        now=now,
        facts={"ssid": row.ssid, "plan": plan_words(tongue, row.duration_s, row.data_bytes)},
        secrets={"username": row.username, "password": sealer.open(row.password_sealed)},
        sealer=sealer,
    )
