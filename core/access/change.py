"""A monthly service's access: paused and resumed, made slower or faster, ended. Whoever calls tells its router."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import case, update

from core.access.models import AccessGrant
from core.access.speed import Speed
from core.db.engine import Transaction

USABLE = ("waiting", "running")


def pause(tx: Transaction, *, grant_id: int) -> bool:
    """Stop it for a while. False: it was not usable."""
    changed = update(AccessGrant).where(AccessGrant.id == grant_id, AccessGrant.status.in_(USABLE))
    return tx.execute(changed.values(status="paused").returning(AccessGrant.id)).first() is not None


def resume(tx: Transaction, *, grant_id: int) -> bool:
    """Let it go on as it was. False: it was not paused."""
    before = case((AccessGrant.first_used_at.is_(None), "waiting"), else_="running")
    changed = update(AccessGrant).where(AccessGrant.id == grant_id, AccessGrant.status == "paused")
    return tx.execute(changed.values(status=before).returning(AccessGrant.id)).first() is not None


def set_speed(tx: Transaction, *, grant_id: int, speed: Speed) -> None:
    """Another speed from now on."""
    tx.execute(update(AccessGrant).where(AccessGrant.id == grant_id).values(asdict(speed)))


def end(tx: Transaction, *, grant_id: int, now: datetime) -> bool:
    """Take it back for good. False: it was over already."""
    changed = update(AccessGrant).where(AccessGrant.id == grant_id, AccessGrant.closed_at.is_(None))
    return tx.execute(changed.values(status="revoked", closed_at=now).returning(AccessGrant.id)).first() is not None
