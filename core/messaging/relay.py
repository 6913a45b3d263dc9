"""Emptying the outbox: claim, act, record, until nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from core.clock import Clock
from core.db.engine import Database
from core.errors import GatewayError
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed

LOG = log("messaging.relay")
BATCH_MAX: Final = 200  # rows one call of a worker does before it lets others on

Handler = Callable[[Claimed], None]


def relay(db: Database, *, kind: str, handlers: Mapping[str, Handler], clock: Clock) -> int:
    """Do every due row of a kind, at most `BATCH_MAX`. Returns how many were tried.

    A handler records its own result. One that raises has its row tried again later: one bad row blocks nobody.
    """
    handler = handlers[kind]
    for count in range(BATCH_MAX):
        row = outbox.claim(db, kind=kind, now=clock.now())
        if row is None:
            return count
        try:
            handler(row)
        except GatewayError as error:
            _failed(db, row, clock, str(error), permanent=error.permanent)
        except Exception as error:  # our own fault: keep the row, tell the log, go on with the next
            LOG.exception("outbox row failed", row=row.id, kind=kind)
            _failed(db, row, clock, f"{type(error).__name__} in our own code", permanent=False)
    return BATCH_MAX


def _failed(db: Database, row: Claimed, clock: Clock, error: str, *, permanent: bool) -> None:
    with db.transaction() as tx:
        if permanent:
            outbox.bury(tx, row.id, now=clock.now(), error=error)
        else:
            outbox.again(tx, row.id, attempts=row.attempts, now=clock.now(), error=error)
