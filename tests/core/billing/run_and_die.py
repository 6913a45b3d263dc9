"""A billing run in a process of its own that is killed just before its Nth statement. Never asked to: it says so."""

from __future__ import annotations

import os
import signal
import sys
from datetime import date, datetime
from typing import Any

from sqlalchemy import event

import core.billing.run as running
from core.billing import allocate, issue
from core.billing.draft import issuer_of
from core.db import copy
from core.db.engine import Database
from core.ledger import post_many
from core.settings import load

DIES_AT = int(sys.argv[1])
_done = 0


def _count(*_facts: Any) -> None:
    global _done  # noqa: PLW0603 - the process is this one count
    _done += 1
    if _done == DIES_AT:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Bill by the settings of the environment, a service a transaction."""
    settings = load(os.environ)
    db = Database(settings.database_url, pool_size=1)
    for moment in ("before_cursor_execute", "commit"):
        event.listen(db.engine, moment, _count)
    plain = copy.copy_rows

    def counted(*arguments: Any) -> None:
        _count()
        plain(*arguments)

    for module in (issue, allocate, post_many):
        module.copy_rows = counted  # type: ignore[attr-defined]
    running.CHUNK = 2  # type: ignore[misc]
    day, now = date.fromisoformat(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    running.bill_due(db, day=day, issuer=issuer_of(settings), now=now)
    print(f"done in {_done}")  # noqa: T201 - what the story waits for


main()
