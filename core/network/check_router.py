"""Looking at a router for what would keep it from doing its part, once a day and when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.errors import GatewayError, NotFound
from core.logs import log
from core.network.checks import READ, Check, Known, checks_of, not_let_in
from core.network.house import House
from core.network.models import RouterRow
from core.network.router import RouterConnector, RouterLoginRefused, RouterUnreachable
from core.network.sync import address_of
from core.network.visits import Visit, claim_visit
from core.sealing import SealBrokenError, Sealer

LOG = log("network.check_router")
CHECK_EVERY: Final = timedelta(days=1)


def want_checks(tx: Transaction, *, router_id: int, now: datetime) -> None:
    """Have a router looked at now. A worker does; the page that asked does not wait.

    Raises:
        NotFound: there is no such router.
    """
    asked = update(RouterRow).where(RouterRow.id == router_id).values(checks_wanted_at=now).returning(RouterRow.id)
    if tx.execute(asked).first() is None:
        raise NotFound(what="router")
    tx.ring("router.check")


def due_checks(db: Database, now: datetime) -> Sequence[int]:
    """Routers that somebody wants checked, and those whose last check is a day old."""
    old = or_(RouterRow.checks_at.is_(None), RouterRow.checks_at <= now - CHECK_EVERY)
    free = or_(RouterRow.leased_until.is_(None), RouterRow.leased_until <= now)
    with db.reading() as connection:
        query = select(RouterRow.id).where(or_(RouterRow.checks_wanted_at.is_not(None), old), free)
        return connection.execute(query.order_by(RouterRow.checks_wanted_at, RouterRow.id)).scalars().all()


def check_router(
    router_id: int, *, db: Database, connector: RouterConnector, sealer: Sealer, clock: Clock, house: House
) -> list[Check] | None:
    """Look at a router and write down what is found. None: another talks to it now."""
    visit = claim_visit(db, router_id=router_id, now=clock.now(), force=True)
    if visit is None:
        return None
    try:
        found = _look(visit, connector=connector, sealer=sealer, clock=clock, house=house)
    except Exception:
        LOG.exception("checks broke", router=visit.name)
        found = [Check("look", "unknown")]
    _record(db, visit, found, clock.now())
    return found


def _look(visit: Visit, *, connector: RouterConnector, sealer: Sealer, clock: Clock, house: House) -> list[Check]:
    try:
        with connector(address_of(visit, sealer)) as router:
            seen = router.inspect(READ)
            return checks_of(seen, known_of(visit, house), clock.now())
    except RouterLoginRefused:
        return not_let_in(reached=True)
    except RouterUnreachable:
        return not_let_in(reached=False)
    except SealBrokenError:
        return [Check("our_seal", "wrong")]
    except GatewayError as error:
        LOG.warning("checks failed", router=visit.name, error=str(error))
        return not_let_in(reached=False)


def known_of(visit: Visit, house: House) -> Known:
    """What we know of it ourselves."""
    terms = house.terms_of(by_radius=visit.by_radius, sealed=visit.radius_secret, coa_port=visit.coa_port)
    return Known(visit.username, visit.by_radius, visit.has_lines, terms)


def _record(db: Database, visit: Visit, found: Sequence[Check], now: datetime) -> None:
    mine = (RouterRow.id == visit.router_id, RouterRow.leased_until == visit.leased_until)
    values = {"checks": [check.as_json() for check in found], "checks_at": now, "checks_wanted_at": None}
    with db.transaction() as tx:
        tx.execute(update(RouterRow).where(*mine).values(leased_until=None, **values))
