"""What a visit to a router taught us: confirmed wishes, first uses, bytes, and how the router is.

Locks are taken in one order everywhere: the router, then grants by id, then their placements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select, text, update

from core.access.first_use import mark_first_use
from core.access.models import AccessGrant
from core.db.engine import Database, Transaction
from core.logs import log
from core.network.desired import Wish
from core.network.findings import Finding
from core.network.models import Placement, RouterRow
from core.network.outage_rule import AWAY_AFTER
from core.network.tighten import tighten
from core.network.visits import Visit
from core.usage.hear_looks import Credit, hear_look

LOG = log("network.record_visit")
BACKOFF_FIRST: Final = timedelta(seconds=5)
BACKOFF_MOST: Final = timedelta(seconds=60)
ERROR_CHARS_MAX: Final = 200
_CONFIRM: Final = text("""
    UPDATE placement p SET confirmed_at = :now, last_error = NULL
    FROM unnest(CAST(:grants AS bigint[]), CAST(:moments AS timestamptz[])) AS told (grant_id, wanted_at)
    WHERE p.grant_id = told.grant_id AND p.wanted_at = told.wanted_at AND p.confirmed_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a visit that the router answered to its end."""

    wishes: Sequence[Wish]
    failed: Mapping[str, str]
    findings: Sequence[Finding]
    uptime_s: int
    restarted: bool
    next_full: datetime | None
    booted_at: datetime
    looked_at: datetime
    seen_at: datetime


def backoff(failures: int) -> timedelta:
    """How long to leave a router alone after so many failed visits in a row."""
    doublings: int = 2 ** min(failures, 10)
    return min(BACKOFF_FIRST * doublings, BACKOFF_MOST)


def record_failure(db: Database, *, visit: Visit, error: str, now: datetime, answered: bool | None = False) -> bool:
    """The visit failed: everything the router was to be told stays open, and it is left alone for a while.

    `answered`: whether the router itself did, be it by a refusal; None where we never got to ask it.
    False: the lease had passed to another, whose visit tells how the router is; nothing is written.
    """
    values: dict[str, Any] = {
        "failures": RouterRow.failures + 1,
        "last_error": error[:ERROR_CHARS_MAX],
        "try_again_at": now + backoff(visit.failures),
        # When it comes back, look at everything: it may have been replaced, reset or edited by hand.
        "full_sync_due_at": now,
    }
    if answered is not None:
        values |= _heard(now) if answered else _silent(now)
    return db.run(lambda tx: _end_lease(tx, visit, values))


def record_visit(db: Database, *, visit: Visit, outcome: Outcome, now: datetime) -> bool:
    """Write down a visit. A wish that was changed while we talked is not confirmed by it.

    False: the lease had passed to another; what we saw may be older than what that one writes, so it is dropped.
    """
    values: dict[str, Any] = {
        "last_seen_at": now,
        "last_uptime_s": outcome.uptime_s,
        "booted_at": outcome.booted_at,
        "looked_at": outcome.looked_at,
        "failures": 0,
        "try_again_at": None,
        "last_error": None,
        **_heard(now),
    }
    if outcome.next_full is not None:
        values["full_sync_due_at"] = outcome.next_full

    def work(tx: Transaction) -> bool:
        if not _end_lease(tx, visit, values):
            return False
        # What is told already and stays told needs no word: a full visit brings every wish of the router.
        wishes = [wish for wish in outcome.wishes if not wish.told or wish.username in outcome.failed]
        ours = _ours(tx, visit, outcome.findings)
        begun = [one for one in ours if one.waits and one.finding.used]
        credited = {one.grant_id: one.news(restarted=outcome.restarted) for one in ours}
        told = {grant_id: credit for grant_id, credit in credited.items() if credit is not None}
        _lock_grants(tx, [wish.grant_id for wish in wishes] + [one.grant_id for one in begun] + list(told))
        _confirm(tx, [wish for wish in wishes if wish.username not in outcome.failed], now)
        for wish in sorted(wishes, key=lambda wish: wish.grant_id):
            if wish.username in outcome.failed:
                _fail(tx, wish, outcome.failed[wish.username])
        for one in sorted(begun, key=lambda one: one.grant_id):
            mark_first_use(tx, grant_id=one.grant_id, used_at=now - timedelta(seconds=one.finding.online_s))
        if not visit.by_radius:
            _hand_in(tx, visit, outcome, ours, told)
        if outcome.restarted or any(finding.missing for finding in outcome.findings):
            tighten(tx, router_id=visit.router_id, findings=outcome.findings, restarted=outcome.restarted, now=now)
        return True

    return db.run(work)


def _heard(now: datetime) -> dict[str, Any]:
    return {"silent_since": None, "heard_since": func.coalesce(RouterRow.heard_since, now)}


def _silent(now: datetime) -> dict[str, Any]:
    """Silent on, or from now on: also where we were off ourselves since it was to be tried again."""
    goes_on = RouterRow.silent_since.is_not(None) & (RouterRow.try_again_at > now - AWAY_AFTER)
    return {"silent_since": case((goes_on, RouterRow.silent_since), else_=now), "heard_since": None}


def _end_lease(tx: Transaction, visit: Visit, values: Mapping[str, Any]) -> bool:
    mine = (RouterRow.id == visit.router_id, RouterRow.leased_until == visit.leased_until)
    ended = tx.execute(update(RouterRow).where(*mine).values(leased_until=None, **values).returning(RouterRow.id))
    if ended.first() is not None:
        return True
    LOG.warning("visit outlived its lease and is not recorded", router=visit.name)
    return False


@dataclass(frozen=True, slots=True)
class _Known:
    """A finding, and the grant it is about. `credited`: what its credit was when it was last handed in."""

    grant_id: int
    waits: bool
    credited: int
    finding: Finding

    def news(self, *, restarted: bool) -> Credit | None:
        """Its credit, if that is to be handed in.

        After a restart, and where the user was taken off, it says something though it is what it was: what is not in it
        was not credited and never will be.
        """
        credit = self.finding.credit
        if credit is None or credit.up_bytes + credit.down_bytes != self.credited:
            return credit
        return credit if (restarted or self.finding.missing) and not self.waits else None


def _ours(tx: Transaction, visit: Visit, findings: Sequence[Finding]) -> list[_Known]:
    """The findings about grants of this router."""
    by_name = {finding.username: finding for finding in findings}
    rows = tx.execute(
        select(AccessGrant.id, AccessGrant.username, AccessGrant.status, AccessGrant.credited_bytes).where(
            AccessGrant.router_id == visit.router_id, AccessGrant.username.in_(list(by_name))
        )
    )
    return [_Known(row.id, row.status == "waiting", row.credited_bytes, by_name[row.username]) for row in rows]


def _hand_in(
    tx: Transaction, visit: Visit, outcome: Outcome, ours: Sequence[_Known], told: Mapping[int, Credit]
) -> None:
    """Sessions as they are, and credits that say something new, to the writer of usage."""
    for grant_id, credit in told.items():
        credited = credit.up_bytes + credit.down_bytes
        tx.execute(update(AccessGrant).where(AccessGrant.id == grant_id).values(credited_bytes=credited))
    hear_look(
        tx,
        router_id=visit.router_id,
        sessions=[session for one in ours for session in one.finding.sessions],
        credits_=list(told.values()),
        at=outcome.seen_at,
        looked_at=outcome.looked_at,
    )


def _lock_grants(tx: Transaction, grant_ids: Sequence[int]) -> None:
    query = select(AccessGrant.id).where(AccessGrant.id.in_(grant_ids)).order_by(AccessGrant.id)
    tx.execute(query.with_for_update(key_share=True)).all()


def _confirm(tx: Transaction, wishes: Sequence[Wish], now: datetime) -> None:
    if wishes:
        told = {"grants": [wish.grant_id for wish in wishes], "moments": [wish.wanted_at for wish in wishes]}
        tx.execute(_CONFIRM, told | {"now": now})


def _fail(tx: Transaction, wish: Wish, error: str) -> None:
    this = (Placement.grant_id == wish.grant_id, Placement.wanted_at == wish.wanted_at)
    failed = {"tries": Placement.tries + 1, "confirmed_at": None, "last_error": error[:ERROR_CHARS_MAX]}
    tx.execute(update(Placement).where(*this).values(failed))
