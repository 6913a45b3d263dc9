"""Having a router that asks by RADIUS end or change sessions now: a row with a lifetime, and a worker that says it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import DateTime, String, bindparam, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from core.access.change import USABLE
from core.access.models import AccessGrant
from core.db.engine import Database, Transaction
from core.network.models import RouterRow, SessionCommand
from core.usage.models import UsageSession

KICK_LIVES: Final = timedelta(minutes=10)
# Who was told to go and is heard after this is told again: the request was lost, or they logged in at the last moment.
AGAIN_AFTER: Final = timedelta(minutes=5)
HEARD_WITHIN: Final = timedelta(minutes=15)  # three interims: a session silent for longer is over
STRAYS_MAX: Final = 500
_COLUMNS: Final = ("router_id", "grant_id", "act", "wanted_at", "not_after", "tries")


def _values(router_id: Any, grant_id: Any) -> tuple[Any, ...]:
    instant = DateTime(timezone=True)
    return (
        router_id,
        grant_id,
        bindparam("act", type_=String),
        bindparam("now", type_=instant),
        bindparam("not_after", type_=instant),
        literal(0),
    )


_waits = aliased(SessionCommand)
_KICK: Final = insert(SessionCommand).from_select(
    _COLUMNS,
    select(*_values(UsageSession.router_id, UsageSession.grant_id))
    .distinct()
    .join(RouterRow, (RouterRow.id == UsageSession.router_id) & (RouterRow.access_by == "radius"))
    .where(
        UsageSession.grant_id == bindparam("of_grant"),
        UsageSession.stopped_at.is_(None),
        # One that nobody has begun with says all that a second would.
        ~exists().where(
            _waits.router_id == UsageSession.router_id,
            _waits.grant_id == UsageSession.grant_id,
            _waits.act == bindparam("act"),
            _waits.outcome.is_(None),
            _waits.tries == 0,
        ),
    ),
)


def kick(tx: Transaction, *, grant_id: int, act: str, now: datetime) -> None:
    """Have the open sessions of a grant ended (`disconnect`) or given its speed (`change`), after commit."""
    tx.execute(_KICK, {"of_grant": grant_id, "act": act, "now": now, "not_after": now + KICK_LIVES})
    tx.ring("session")


def kick_strays(db: Database, now: datetime) -> int:
    """End what runs on without leave: logged in at the last moment, or told to go by a request that was lost.

    Returns how many grants.
    """
    said = aliased(SessionCommand)
    strays = (
        select(*_values(UsageSession.router_id, UsageSession.grant_id))
        .distinct()
        .join(RouterRow, (RouterRow.id == UsageSession.router_id) & (RouterRow.access_by == "radius"))
        .join(AccessGrant, AccessGrant.id == UsageSession.grant_id)
        .where(
            UsageSession.stopped_at.is_(None),
            UsageSession.heard_at > now - HEARD_WITHIN,
            AccessGrant.status.not_in(USABLE),
            ~exists().where(
                said.grant_id == UsageSession.grant_id,
                said.router_id == UsageSession.router_id,
                said.act == "disconnect",
                or_(said.outcome.is_(None), said.wanted_at > now - AGAIN_AFTER),
            ),
        )
        .limit(STRAYS_MAX)
    )
    fresh = insert(SessionCommand).from_select(_COLUMNS, strays).returning(SessionCommand.id)
    with db.transaction() as tx:
        facts = {"act": "disconnect", "now": now, "not_after": now + KICK_LIVES}
        count = len(tx.execute(fresh, facts).all())
        if count:
            tx.ring("session")
    return count
