"""A seller takes back what they sold for notes or gave away, as long as nobody has used it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select

from core.access.models import AccessGrant
from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow
from core.owners.selling import counter
from core.tokens.models import Token
from core.tokens.revoke_token import Revoked, revoke_token

_WHY: Final = "taken back by its seller"


def take_back_sale(tx: Transaction, *, seller: Account, token_id: int, now: datetime) -> Revoked:
    """End it. Its price goes back in notes, by who took them; our commission of it is undone.

    One that was used stays sold: else whoever sells could undo our commission of what was had.

    Raises:
        NotFound: this seller sold or gave no such token.
        NotPossibleNow: it was used, moved or is over; or it was paid by mobile money, which only we can give back.
        NotAnOwner, OwnerSuspended, CustomerNotActive: they may not sell there.
    """
    hotspot_id = tx.execute(
        select(Token.hotspot_id).where(Token.id == token_id, Token.seller_id == seller.customer_id)
    ).scalar()
    if hotspot_id is None:
        raise NotFound(what="token")
    counter(tx, seller=seller, hotspot_id=hotspot_id).refuse_unless_selling()
    row = tx.execute(
        select(Token.origin, Token.moved_from_id, AccessGrant.status)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .where(Token.id == token_id)
        .with_for_update(of=AccessGrant)
    ).one()
    if row.status != "waiting" or row.moved_from_id is not None or row.origin not in ("cash", "given"):
        raise NotPossibleNow(what="token", state=row.status)
    return revoke_token(
        tx, token_id=token_id, staff_id=None, seller_id=seller.customer_id, why=_WHY, refund=True, now=now
    )
