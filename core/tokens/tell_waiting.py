"""The truth about a network that is off: told once when a sold token cannot work, once when it can."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update

from core.access.models import AccessGrant
from core.customers.queries import account, tongue_for
from core.db.engine import Database
from core.messaging.queue_text import queue_text
from core.network.models import Placement, RouterRow
from core.tokens.models import Hotspot, Token

PATIENCE: Final = timedelta(seconds=20)  # a healthy router has it long before; a hiccup is over by then
BATCH_MAX: Final = 200


def tell_waiting(db: Database, now: datetime) -> int:
    """Text those whose token their router does not hold yet, and those who were told so and can go online now.

    Whether their router is dead or refuses is the same to who paid. That nobody got to it yet is no sign of either:
    after a power cut of ours its lease has still to end, and the network is on.
    """
    told = 0
    with db.transaction() as tx:
        rows = tx.execute(
            select(
                Token.id,
                Token.recipient_phone,
                func.coalesce(Token.buyer_id, Token.seller_id).label("speaks_as"),
                Hotspot.ssid,
                AccessGrant.username,
                Placement.confirmed_at,
            )
            .join(Placement, Placement.grant_id == Token.grant_id)
            .join(RouterRow, RouterRow.id == Placement.router_id)
            .join(AccessGrant, AccessGrant.id == Token.grant_id)
            .join(Hotspot, Hotspot.id == Token.hotspot_id)
            .where(
                Token.recipient_phone.is_not(None),
                Placement.wanted == "present",
                (
                    Token.told_waiting_at.is_(None)
                    & Placement.confirmed_at.is_(None)
                    & (Placement.wanted_at <= now - PATIENCE)
                    & ((RouterRow.failures > 0) | (Placement.tries > 0))
                    & (AccessGrant.status == "waiting")  # who was online already holds a user that works
                )
                | (
                    Token.told_waiting_at.is_not(None)
                    & Token.told_online_at.is_(None)
                    & Placement.confirmed_at.is_not(None)
                ),
            )
            .order_by(Token.id)
            .limit(BATCH_MAX)
            .with_for_update(of=Token, skip_locked=True)
        ).all()
        for row in rows:
            on = row.confirmed_at is not None
            column = Token.told_online_at if on else Token.told_waiting_at
            tx.execute(update(Token).where(Token.id == row.id).values({column: now}))
            otherwise = account(tx.connection, row.speaks_as).tongue if row.speaks_as is not None else "en"
            queue_text(
                tx,
                phone=row.recipient_phone,
                tongue=tongue_for(tx.connection, row.recipient_phone, otherwise),
                template="token_ready" if on else "token_waits",
                key=f"{'ready' if on else 'waits'}:{row.id}",
                now=now,
                facts={"ssid": row.ssid, "username": row.username},
            )
            told += 1
    return told
