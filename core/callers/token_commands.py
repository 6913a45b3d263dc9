"""What the holder of a token or a card asks for in a conversation, carried out."""

from __future__ import annotations

from datetime import datetime

from core.callers.commands import MoveToken, PauseToken, RedeemCard, ResendToken, ResumeToken, TokenCommand
from core.db.engine import Transaction
from core.parts import Parts
from core.tokens.move_token import move_token
from core.tokens.pause_token import pause_token, resume_token
from core.tokens.redeem_by_phone import redeem_by_phone
from core.tokens.resend_token import resend_token


def on_card(tx: Transaction, command: RedeemCard, *, phone: str, request_key: str, now: datetime, parts: Parts) -> None:
    """Text how to log in with a card. Whoever holds one may, also a phone that nobody has registered.

    Raises:
        Refusal: as `core.tokens.redeem_by_phone` says; nothing was done.
    """
    redeem_by_phone(
        tx,
        request_key=request_key,
        typed=command.typed,
        phone=phone,
        now=now,
        ids=parts.ids,
        sealer=parts.sealer,
    )


def on_token(
    tx: Transaction, command: TokenCommand, *, phone: str, request_key: str, now: datetime, parts: Parts
) -> None:
    """Do what the command says with a token that this phone holds.

    Raises:
        Refusal: as the use case says; nothing was done.
    """
    token_id = command.token_id
    match command:
        case ResendToken():
            resend_token(tx, token_id=token_id, phone=phone, request_key=request_key, now=now, sealer=parts.sealer)
        case MoveToken():
            move_token(
                tx,
                request_key=request_key,
                token_id=token_id,
                phone=phone,
                to_phone=command.to_phone,
                now=now,
                ids=parts.ids,
                sealer=parts.sealer,
            )
        case PauseToken():
            pause_token(tx, token_id=token_id, phone=phone, now=now)
        case ResumeToken():
            resume_token(tx, token_id=token_id, phone=phone, now=now)
