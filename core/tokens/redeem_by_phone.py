"""A card typed on a phone, in the transaction of the call or the text that it came with."""

from __future__ import annotations

from datetime import datetime

from core.access.grant import TRIES_MAX, USERNAME_CHARS
from core.db.engine import Transaction
from core.errors import Refusal, WrongCode
from core.ids import Ids
from core.sealing import Sealer
from core.tokens.guesses import Typist, count_miss_in, refuse_until
from core.tokens.redeem import asked_for, let_in, make_for_phone, refuse_unless_free
from core.tokens.resend_token import resend_token
from core.tokens.typed_code import code_typed


def redeem_by_phone(
    tx: Transaction, *, request_key: str, typed: str, phone: str, now: datetime, ids: Ids, sealer: Sealer
) -> int:
    """Text a phone how to log in with the code it typed; a code that it had typed before once more. The token's id.

    A wrong one is not counted here, where nothing of it stays: who undoes the request calls `count_wrong_code`.

    Raises:
        WrongCode, TooManyTries, CardNotSold, CodeUsed, NotPossibleNow: as `core.tokens.redeem` says.
    """
    code = code_typed(typed)
    if code is None:
        raise WrongCode
    typist = Typist(phone=phone)
    asked = asked_for(code, typist, now, sealer)
    for _try in range(TRIES_MAX):
        made = make_for_phone(tx, asked, sealer)
        refuse_until(made.full_until, now)
        if made.outcome == "made":
            return made.token
        if made.outcome in ("unknown", "used"):
            in_use = let_in(tx, asked.lookups, typist, now, sealer)
            if in_use is None:
                raise WrongCode
            resend_token(tx, token_id=in_use.token_id, phone=phone, request_key=request_key, now=now, sealer=sealer)
            return in_use.token_id
        refuse_unless_free(made)
        asked = asked._replace(name=ids.typeable(USERNAME_CHARS))
    raise AssertionError("no free user name in 20 tries: the names are used up")


def count_wrong_code(tx: Transaction, refusal: Refusal, *, phone: str, now: datetime) -> None:
    """Count it, if a code was refused that is none of ours, in a transaction that stays."""
    if isinstance(refusal, WrongCode):
        count_miss_in(tx, Typist(phone=phone), now)
