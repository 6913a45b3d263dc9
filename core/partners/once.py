"""A request that a program sends again because it never heard the answer: done once, answered twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, bindparam, delete, func, insert, select

from core.db.engine import Database, Transaction
from core.errors import KeyReused
from core.partners.models import ApiRequest

REQUEST_KEY_CHARS_MAX: Final = 200
KEPT: Final = timedelta(days=7)  # longer than any uplink was ever down, and a partner's queue holds
# Of two that come at once the second waits for the first, and then finds its answer.
_WAIT_OUR_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("turn", type_=String), 0)))


@dataclass(frozen=True, slots=True)
class Answered:
    """What is answered: status and body. `again`: it was answered so before, and nothing was done now."""

    status: int
    body: str
    again: bool = False


def once(
    tx: Transaction,
    *,
    key_id: int,
    request_key: str,
    content: bytes,
    now: datetime,
    work: Callable[[Transaction], tuple[int, str]],
) -> Answered:
    """Do the work and keep its answer, in one transaction; or give the answer it had before.

    What is refused or breaks is not kept: nothing was done, and it may be sent again.

    Raises:
        KeyReused: the same key came with another content.
    """
    digest = hashlib.sha256(content).digest()
    tx.execute(_WAIT_OUR_TURN, {"turn": f"api request {key_id} {request_key}"})
    known = tx.execute(
        select(ApiRequest.digest, ApiRequest.status, ApiRequest.answer).where(
            ApiRequest.key_id == key_id, ApiRequest.request_key == request_key
        )
    ).first()
    if known is not None:
        if known.digest != digest:
            raise KeyReused(key=request_key)
        return Answered(known.status, known.answer, again=True)
    status, body = work(tx)
    tx.execute(
        insert(ApiRequest).values(
            key_id=key_id, request_key=request_key, digest=digest, status=status, answer=body, at=now
        )
    )
    return Answered(status, body)


def forget_requests(db: Database, now: datetime) -> int:
    """Forget answers nobody asks for any more. Returns how many."""
    with db.transaction() as tx:
        gone = tx.execute(delete(ApiRequest).where(ApiRequest.at <= now - KEPT))
        return int(gone.rowcount)
