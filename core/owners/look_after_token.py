"""What an owner does with a token at one of their networks, whoever sold it there."""

from __future__ import annotations

from datetime import datetime

from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.ids import Ids
from core.owners.locked import lock_owner
from core.owners.sold_tokens import SoldToken, token_of_owner
from core.phones import parse_phone
from core.sealing import Sealer
from core.tokens.move_token import Moved, move_token
from core.tokens.resend_token import resend_token
from core.tokens.revoke_token import Revoked, revoke_token


def resend_for_owner(
    tx: Transaction, *, owner_id: int, token_id: int, request_key: str, now: datetime, sealer: Sealer
) -> None:
    """Text the credentials again to the phone they are for, once per request.

    Raises:
        NotFound: it is no token at their networks, or it is over.
        NotPossibleNow: it is a card, which has no phone.
        NotAnOwner, OwnerSuspended: they may not.
    """
    phone = _phone_of(_theirs(tx, owner_id, token_id))
    resend_token(tx, token_id=token_id, phone=phone, request_key=request_key, now=now, sealer=sealer)


def move_for_owner(
    tx: Transaction, *, owner_id: int, token_id: int, typed_phone: str, request_key: str, now: datetime, ids: Ids,
    sealer: Sealer,
) -> Moved:  # fmt: skip
    """Move what is left of it to another phone, as `core.tokens.move_token` does.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: nothing can be texted there.
        Refusal: as of `resend_for_owner` and `move_token`.
    """
    to_phone = parse_phone(typed_phone)
    phone = _phone_of(_theirs(tx, owner_id, token_id))
    return move_token(
        tx, request_key=request_key, token_id=token_id, phone=phone, to_phone=to_phone, now=now, ids=ids, sealer=sealer
    )


def revoke_for_owner(
    tx: Transaction, *, owner_id: int, token_id: int, why: str, refund: bool, now: datetime
) -> Revoked:
    """Take it back, with its price where `refund`, as `core.tokens.revoke_token` does.

    The price of one that was used goes back by our staff alone: else owners could undo our commission.

    Raises:
        NotPossibleNow: it was used, and its price was to go back.
        Refusal: as of `resend_for_owner` and `revoke_token`.
    """
    token = _theirs(tx, owner_id, token_id)
    if refund and token.first_used_at is not None:
        raise NotPossibleNow(what="token", state="used")
    return revoke_token(tx, token_id=token_id, staff_id=None, seller_id=owner_id, why=why, refund=refund, now=now)


def _theirs(tx: Transaction, owner_id: int, token_id: int) -> SoldToken:
    lock_owner(tx, owner_id)
    return token_of_owner(tx.connection, owner_id, token_id)


def _phone_of(token: SoldToken) -> str:
    if token.recipient is None:
        raise NotPossibleNow(what="token", state="card")
    return token.recipient
