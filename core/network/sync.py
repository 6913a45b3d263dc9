"""Making one router hold what it should: one visit, one connection, no database held while it talks."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.clock import Clock
from core.db.engine import Database
from core.errors import GatewayError
from core.logs import log
from core.network.drift import by_hand, record_drift
from core.network.house import House, garden, kinds_for, radius
from core.network.plan import Plan
from core.network.record_visit import Outcome, record_failure, record_visit
from core.network.rounds import Busy
from core.network.router import Router, RouterAddress, RouterConnector, RouterLoginRefused
from core.network.router_time import router_time
from core.network.talk import Talk, Terms
from core.network.visits import VISIT_MOST, Visit, claim_visit, open_wishes, release, renew, standing_wishes, wanted_now
from core.sealing import SealBrokenError, Sealer

LOG = log("network.sync")
FULL_EVERY: Final = timedelta(minutes=10)
ROUTER_TIMEOUT_S: Final = 10.0
# Between two looks the uptime grows as our clock does, but for whole seconds, a slow answer and two clocks that drift.
UPTIME_SLACK: Final = timedelta(seconds=30)
DRIFT_MOST: Final = 0.001  # a quartz has a tenth of it at worst
TURN_SOON: Final = timedelta(seconds=20)  # after a longer wait for its turn a visit begins its lease anew


def sync_router(
    router_id: int,
    *,
    db: Database,
    connector: RouterConnector,
    sealer: Sealer,
    clock: Clock,
    force: bool = False,
    house: House | None = None,
    busy: Busy | None = None,
) -> bool:
    """Visit a router that is due (or, by `force`, any that nobody visits now). False: nothing was due.

    Without a `house` nothing but users, secrets and their profiles is looked at. `busy` is held from when the router
    has answered until all is recorded: how many work at once is somebody else's to say.

    What it was told is confirmed only after it answered; a wish that changed meanwhile stays open. Everything is
    told as a state, so a visit cut anywhere is simply made again.
    """
    claimed = claim_visit(db, router_id=router_id, now=clock.now(), force=force)
    if claimed is None:
        return False
    at = _At(claimed, db, connector, sealer, clock, house)
    try:
        at.go(busy or nullcontext())
    except GatewayError as error:
        LOG.warning("router visit failed", router=claimed.name, error=str(error))
        answered = at.answered or isinstance(error, RouterLoginRefused)
        record_failure(db, visit=at.visit, error=str(error), now=clock.now(), answered=answered)
    except SealBrokenError:
        sentence = "our password for it is sealed with a key we do not have"
        LOG.error("router visit failed", router=claimed.name, error=sentence)  # noqa: TRY400 - nothing more to know
        record_failure(db, visit=at.visit, error=sentence, now=clock.now(), answered=None)
    except Exception:
        # Whatever it was, the router must not stay leased, and a person must see that it is not kept true.
        LOG.exception("router visit broke", router=claimed.name)
        sentence = "the visit broke on our side; the log says why"
        record_failure(db, visit=at.visit, error=sentence, now=clock.now(), answered=at.answered or None)
    return True


def has_restarted(visit: Visit, uptime_s: int, now: datetime) -> bool:
    """Say whether a router that is up for so long has restarted since we last saw it.

    It has when its uptime fell; and when that is less than it had and the time since, be it more than it had: we may
    have been away for longer than it was up. Up for longer than we were away it has not, whatever our clock did.
    """
    if visit.last_uptime_s is None or visit.last_seen_at is None:
        return False
    away = now - visit.last_seen_at
    slack = UPTIME_SLACK + away * DRIFT_MOST
    up, was_up = timedelta(seconds=uptime_s), timedelta(seconds=visit.last_uptime_s)
    return up < was_up or (up < was_up + away - slack and up <= away + slack)


def look_only(
    router_id: int,
    *,
    db: Database,
    connector: RouterConnector,
    sealer: Sealer,
    clock: Clock,
    house: House | None = None,
) -> Plan | None:
    """Say what a visit would change, and change nothing, there or here. None: another visits it now.

    Raises:
        GatewayError: the router does not answer.
        SealBrokenError: our password for it is sealed with a key we do not have.
    """
    visit = claim_visit(db, router_id=router_id, now=clock.now(), force=True)
    if visit is None:
        return None
    try:
        with connector(address_of(visit, sealer)) as router:
            talk = _talk(router, visit, db, sealer, clock, house, clock.now() + VISIT_MOST)
            return talk.look_only(standing_wishes(db, visit.router_id))
    finally:
        release(db, visit)


def terms_of(visit: Visit, house: House | None) -> Terms:
    """What beside its wishes decides what a router holds."""
    if house is None:
        return Terms(by_radius=visit.by_radius, has_lines=visit.has_lines)
    terms = house.terms_of(by_radius=visit.by_radius, sealed=visit.radius_secret, coa_port=visit.coa_port)
    if visit.by_radius and terms is None:
        LOG.error("a router asks RADIUS, and we cannot tell it how", router=visit.name)
    return Terms(
        by_radius=visit.by_radius,
        house=(*garden(house.garden_hosts), *radius(terms)),
        kinds=kinds_for(terms, by_radius=visit.by_radius),
        has_lines=visit.has_lines and not visit.by_radius,
    )


def address_of(visit: Visit, sealer: Sealer) -> RouterAddress:
    """Where a router is and how we log in.

    Raises:
        SealBrokenError: our password for it is sealed with a key we do not have.
    """
    return RouterAddress(
        host=visit.host,
        port=visit.port,
        user=visit.username,
        password=sealer.open(visit.password_sealed),
        timeout_s=ROUTER_TIMEOUT_S,
    )


def _talk(
    router: Router,
    visit: Visit,
    db: Database,
    sealer: Sealer,
    clock: Clock,
    house: House | None,
    ends_at: datetime,
) -> Talk:
    return Talk(
        router=router,
        sealer=sealer,
        now=clock.now,
        time_left=lambda: clock.now() < ends_at,
        wanted_now=lambda names: wanted_now(db, visit.router_id, names),
        terms=terms_of(visit, house),
    )


@dataclass(slots=True)
class _At:
    """A visit under way."""

    visit: Visit
    db: Database
    connector: RouterConnector
    sealer: Sealer
    clock: Clock
    house: House | None
    answered: bool = False

    def go(self, busy: Busy) -> None:
        """Greet the router; then, when it is our turn, make it true and record it."""
        ends_at = self.clock.now() + VISIT_MOST
        with ExitStack() as turn:
            with self.connector(address_of(self.visit, self.sealer)) as router:
                talk = _talk(router, self.visit, self.db, self.sealer, self.clock, self.house, ends_at)
                asked_at = self.clock.now()
                uptime_s = talk.greet()
                answered_at = self.clock.now()
                self.answered = True
                turn.enter_context(busy)
                if self.clock.now() - answered_at > TURN_SOON and not self._begin_anew(talk):
                    LOG.warning("visit lost its lease while it waited", router=self.visit.name)
                    return
                outcome = self._make_true(talk, uptime_s, asked_at)
            record_visit(self.db, visit=self.visit, outcome=outcome, now=self.clock.now())

    def _begin_anew(self, talk: Talk) -> bool:
        kept = renew(self.db, self.visit, self.clock.now())
        if kept is None:
            return False
        self.visit, ends_at = kept, self.clock.now() + VISIT_MOST
        talk.time_left = lambda: self.clock.now() < ends_at
        return True

    def _make_true(self, talk: Talk, uptime_s: int, asked_at: datetime) -> Outcome:
        visit, db, clock = self.visit, self.db, self.clock
        restarted = has_restarted(visit, uptime_s, asked_at)
        full = visit.full or restarted
        if full and not visit.full:
            LOG.info("router restarted", router=visit.name)
        wishes = standing_wishes(db, visit.router_id) if full else open_wishes(db, visit.router_id)
        if visit.last_seen_at is not None:  # at the first look everything is missing, and nothing has drifted
            talk.found_drift = lambda drift: record_drift(
                db, visit=visit, drift=by_hand(drift, wishes), now=clock.now()
            )
        findings = talk.make_true(wishes, full=full)
        LOG.info(
            "router visited",
            router=visit.name,
            full=full,
            wishes=len(wishes),
            failed=len(talk.failed),
            online=talk.online,
            kicked=talk.kicked,
        )
        next_full = clock.now() + FULL_EVERY if full else None
        booted_at, looked_at = router_time(visit, uptime_s, asked_at, restarted=restarted)
        return Outcome(wishes, talk.failed, findings, uptime_s, restarted, next_full, booted_at, looked_at, asked_at)
