"""Taking a token back: who paid for it stays as it is, but nobody is online with it any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.access.change import end
from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow
from core.network.place import place
from core.tokens.models import Token


def stop_token(tx: Transaction, *, username: str, now: datetime) -> None:
    """End it now and for good; whoever is online with it is sent off. Its price may be given back by an adjustment.

    Raises:
        NotFound: there is no such token.
        NotPossibleNow: it is over already.
    """
    row = tx.execute(
        select(AccessGrant.id, AccessGrant.status)
        .join(Token, Token.grant_id == AccessGrant.id)
        .where(AccessGrant.username == username)
        .with_for_update(of=AccessGrant)
    ).first()
    if row is None:
        raise NotFound(what="token")
    if not end(tx, grant_id=row.id, now=now):
        raise NotPossibleNow(what="token", state=row.status)
    place(tx, grant_id=row.id, wanted="disabled", now=now)
