"""A token stands still by its holder's wish, where its plan allows it, and goes on later by as much."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, Interval, cast, insert, literal, select, text, update

from core.access.models import AccessGrant
from core.catalog.models import PlanVersion
from core.db.engine import Transaction
from core.errors import NoPausesLeft, NotFound, NotPossibleNow
from core.network.place import place
from core.tokens.models import Token, TokenPause

PAUSE_LONGEST: Final = timedelta(days=30)  # what a pause is longer counts as used
# Also those from before it was moved to this phone.
_PAUSES: Final = text("""
    WITH RECURSIVE line (id, moved_from_id) AS (
      SELECT id, moved_from_id FROM token WHERE id = :token
      UNION ALL SELECT t.id, t.moved_from_id FROM token t JOIN line l ON t.id = l.moved_from_id
    )
    SELECT count(*) FROM token_pause p JOIN line ON line.id = p.token_id
""")


def pause_token(tx: Transaction, *, token_id: int, phone: str, now: datetime) -> None:
    """Let a token that runs stand still. Who is online with it is sent off.

    Raises:
        NotFound: no such token of this phone.
        NotPossibleNow: its time does not run, or is over.
        NoPausesLeft: its plan allows none, or no more.
    """
    row = _of_phone(tx, token_id, phone)
    if row.status != "running" or row.ends_at <= now:
        raise NotPossibleNow(what="token", state=row.status)
    if tx.execute(_PAUSES, {"token": token_id}).scalar_one() >= row.pauses_max:
        raise NoPausesLeft(pauses=row.pauses_max)
    tx.execute(update(AccessGrant).where(AccessGrant.id == row.grant_id).values(status="paused", paused_at=now))
    tx.execute(insert(TokenPause).values(token_id=token_id, paused_at=now))
    place(tx, grant_id=row.grant_id, wanted="disabled", now=now)


def resume_token(tx: Transaction, *, token_id: int, phone: str, now: datetime) -> None:
    """Let it go on: it ends later by the whole seconds it stood still, `PAUSE_LONGEST` at most.

    Raises:
        NotFound: no such token of this phone.
        NotPossibleNow: it is not paused.
    """
    row = _of_phone(tx, token_id, phone)
    if row.status != "paused":
        raise NotPossibleNow(what="token", state=row.status)
    stood_s = max(0, int(min(now - row.paused_at, PAUSE_LONGEST).total_seconds()))
    later = cast(literal(timedelta(seconds=stood_s)), Interval)
    tx.execute(
        update(AccessGrant)
        .where(AccessGrant.id == row.grant_id)
        .values(
            status="running",
            paused_at=None,
            paused_s=AccessGrant.paused_s + cast(stood_s, Integer),
            ends_at=AccessGrant.ends_at + later,
        )
    )
    is_open = (TokenPause.token_id == token_id) & TokenPause.resumed_at.is_(None)
    tx.execute(update(TokenPause).where(is_open).values(resumed_at=max(now, row.paused_at)))
    place(tx, grant_id=row.grant_id, wanted="present", now=now)


def _of_phone(tx: Transaction, token_id: int, phone: str) -> Any:
    row = tx.execute(
        select(Token.grant_id, AccessGrant.status, AccessGrant.ends_at, AccessGrant.paused_at, PlanVersion.pauses_max)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .join(PlanVersion, PlanVersion.id == Token.plan_version_id)
        .where(Token.id == token_id, Token.recipient_phone == phone)
        .with_for_update(of=AccessGrant)
    ).first()
    if row is None:
        raise NotFound(what="token")
    return row
