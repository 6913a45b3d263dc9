"""Which router is due, and what it is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, exists, or_, select, update

from core.access.models import AccessGrant
from core.db.engine import Database
from core.network.desired import Wish
from core.network.models import Placement, RouterRow

LEASE: Final = timedelta(seconds=90)
# A visit gives up between two steps after this; the rest of the lease is for a last step that waits for timeouts.
VISIT_MOST: Final = timedelta(seconds=50)
VISIT_EVERY: Final = timedelta(seconds=30)  # a look at who is online, a kilobyte
WISHES_MAX: Final = 500  # told in one visit; the next is due at once
TRIES_MAX: Final = 10  # of one wish that the router refuses; then a person sees it, and full syncs go on trying


@dataclass(frozen=True, slots=True)
class Visit:
    """A router this worker may talk to until the lease ends. The lease is also the proof that the visit is its own."""

    router_id: int
    name: str
    host: str
    port: int
    username: str
    password_sealed: str
    last_uptime_s: int | None
    last_seen_at: datetime | None
    failures: int
    full: bool
    leased_until: datetime
    access_by: str = "api"
    coa_port: int = 3799
    radius_secret: bytes | None = field(default=None, repr=False)
    has_lines: bool = False
    booted_at: datetime | None = None
    looked_at: datetime | None = None

    @property
    def by_radius(self) -> bool:
        """Say whether the router asks RADIUS for its users and holds none of ours."""
        return self.access_by == "radius"


def _open_on(router_id: Any) -> Any:
    return (Placement.router_id == router_id) & Placement.confirmed_at.is_(None) & (Placement.tries < TRIES_MAX)


def _is_due(now: datetime) -> Any:
    return and_(
        or_(RouterRow.try_again_at.is_(None), RouterRow.try_again_at <= now),
        or_(
            exists().where(_open_on(RouterRow.id)),
            RouterRow.full_sync_due_at <= now,
            RouterRow.last_seen_at.is_(None),
            RouterRow.last_seen_at <= now - VISIT_EVERY,
        ),
    )


def _is_free(now: datetime) -> Any:
    return or_(RouterRow.leased_until.is_(None), RouterRow.leased_until <= now)


def due_routers(db: Database, now: datetime) -> Sequence[int]:
    """Routers with something to be told, a full sync due, or not looked at for a while; none that backs off."""
    with db.reading() as connection:
        return (
            connection.execute(select(RouterRow.id).where(_is_due(now), _is_free(now)).order_by(RouterRow.id))
            .scalars()
            .all()
        )


def claim_visit(db: Database, *, router_id: int, now: datetime, force: bool) -> Visit | None:
    """Lease a router: one connection to it at a time, over all workers. None: another holds it, or it is not due.

    Visits are queued faster than they are made when the uplink is slow; those behind the first find nothing due.
    """
    with db.transaction() as tx:
        row = tx.execute(
            update(RouterRow)
            .where(
                RouterRow.id == router_id,
                _is_free(now),
                *([] if force else [_is_due(now)]),
            )
            .values(leased_until=now + LEASE)
            .returning(
                RouterRow.id,
                RouterRow.name,
                RouterRow.host,
                RouterRow.port,
                RouterRow.username,
                RouterRow.password_sealed,
                RouterRow.last_uptime_s,
                RouterRow.last_seen_at,
                RouterRow.failures,
                RouterRow.full_sync_due_at,
                RouterRow.leased_until,
                RouterRow.access_by,
                RouterRow.coa_port,
                RouterRow.radius_secret,
                RouterRow.booted_at,
                RouterRow.looked_at,
                exists()
                .where(AccessGrant.router_id == RouterRow.id, AccessGrant.service == "pppoe")
                .where(AccessGrant.closed_at.is_(None))
                .label("has_lines"),
            )
        ).first()
    if row is None:
        return None
    full = force or row.full_sync_due_at <= now
    return Visit(
        row.id,
        row.name,
        row.host,
        row.port,
        row.username,
        row.password_sealed,
        row.last_uptime_s,
        row.last_seen_at,
        row.failures,
        full,
        row.leased_until,
        row.access_by,
        row.coa_port,
        row.radius_secret,
        row.has_lines,
        row.booted_at,
        row.looked_at,
    )


def renew(db: Database, visit: Visit, now: datetime) -> Visit | None:
    """Begin the lease anew, after a wait. None: it had passed to another."""
    mine = (RouterRow.id == visit.router_id, RouterRow.leased_until == visit.leased_until)
    until = now + LEASE
    with db.transaction() as tx:
        kept = tx.execute(update(RouterRow).where(*mine).values(leased_until=until).returning(RouterRow.id)).first()
    return None if kept is None else replace(visit, leased_until=until)


def release(db: Database, visit: Visit) -> None:
    """Give a lease back as if nothing had been: nothing was told and nothing is known."""
    mine = (RouterRow.id == visit.router_id, RouterRow.leased_until == visit.leased_until)
    with db.transaction() as tx:
        tx.execute(update(RouterRow).where(*mine).values(leased_until=None))


def open_wishes(db: Database, router_id: int) -> list[Wish]:
    """What the router has not confirmed yet, oldest first."""
    return _wishes(
        db, _query().where(_open_on(router_id)).order_by(Placement.wanted_at, Placement.grant_id).limit(WISHES_MAX)
    )


def standing_wishes(db: Database, router_id: int) -> list[Wish]:
    """All it should hold, and what it has still to be told to forget."""
    return _wishes(
        db,
        _query().where(
            Placement.router_id == router_id,
            or_(Placement.wanted != "absent", Placement.confirmed_at.is_(None)),
        ),
    )


def wanted_now(db: Database, router_id: int, usernames: Collection[str]) -> set[str]:
    """Which of these names the router should hold as of this moment."""
    with db.reading() as connection:
        return set(
            connection.execute(
                select(AccessGrant.username)
                .join(Placement, Placement.grant_id == AccessGrant.id)
                .where(
                    Placement.router_id == router_id,
                    Placement.wanted != "absent",
                    AccessGrant.username.in_(usernames),
                )
            ).scalars()
        )


def _query() -> Any:
    return select(
        AccessGrant.id,
        AccessGrant.username,
        AccessGrant.password_sealed,
        Placement.wanted,
        Placement.wanted_at,
        AccessGrant.duration_s,
        AccessGrant.data_bytes,
        AccessGrant.down_kbps,
        AccessGrant.up_kbps,
        AccessGrant.devices_max,
        Placement.confirmed_at.is_not(None),
        Placement.forgotten_bytes,
        Placement.forgotten_s,
        AccessGrant.ends_at,
        AccessGrant.service,
        AccessGrant.burst_down_kbps,
        AccessGrant.burst_up_kbps,
    ).join(Placement, Placement.grant_id == AccessGrant.id)


def _wishes(db: Database, query: Any) -> list[Wish]:
    with db.reading() as connection:
        return [Wish(*row) for row in connection.execute(query)]
