"""What a router was found not to hold as it should, written down before it is put right, so that a person can see it.

Only what it had confirmed counts: what it has not been told yet is work, not drift. Names, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update

from core.db.engine import Database
from core.network.desired import Wish, tier_of
from core.network.menus import Kind
from core.network.models import RouterRow
from core.network.reconcile import Deviation, Drift
from core.network.visits import Visit

NAMES_MAX: Final = 200  # of each sort; how many there are in all is said beside
SORTS: Final = ("missing", "extra", "changed", "clashes")
_PEOPLE: Final = frozenset({Kind.USER, Kind.SECRET})
_TIERS: Final = frozenset({Kind.PROFILE, Kind.PPP_PROFILE})


def by_hand(drift: Drift, wishes: Iterable[Wish]) -> Drift:
    """The part of a drift that is not our own work in progress. It has no changes.

    Tiers come and go with their users, so only a changed one is drift, or one that a confirmed user lacks.
    """
    wishes = list(wishes)
    untold = {wish.username for wish in wishes if not wish.told}
    lacked = {tier_of(wish) for wish in wishes if wish.told and wish.wanted == "present"}

    def told(one: Deviation) -> bool:
        return one.kind not in _PEOPLE or one.name not in untold

    return Drift(
        missing=tuple(one for one in drift.missing if told(one) and (one.kind not in _TIERS or one.name in lacked)),
        extra=tuple(one for one in drift.extra if told(one) and one.kind not in _TIERS),
        changed=tuple(one for one in drift.changed if told(one)),
        clashes=drift.clashes,
    )


def as_json(drift: Drift) -> dict[str, Any]:
    """As it is stored and shown: `{"missing": [{"menu", "name", "fields"?}], …, "counts": {"missing": 3, …}}`."""
    sorts: dict[str, Sequence[Deviation]] = {sort: getattr(drift, sort) for sort in SORTS}
    return {sort: [_named(one) for one in found[:NAMES_MAX]] for sort, found in sorts.items()} | {
        "counts": {sort: len(found) for sort, found in sorts.items()}
    }


def sentences(drift: Drift) -> list[str]:
    """A line for each deviation, for a terminal: `missing: ppp secret achol7`."""
    return [
        f"{sort}: {one.kind} {one.name}".rstrip() + (f" ({', '.join(one.fields)})" if one.fields else "")
        for sort in SORTS
        for one in getattr(drift, sort)
    ]


def record_drift(db: Database, *, visit: Visit, drift: Drift, now: datetime) -> None:
    """Write down what is about to be put right. The last drift stays until there is another."""
    if drift.none:
        return
    mine = (RouterRow.id == visit.router_id, RouterRow.leased_until == visit.leased_until)
    with db.transaction() as tx:
        tx.execute(update(RouterRow).where(*mine).values(drift=as_json(drift), drift_at=now))


def _named(one: Deviation) -> dict[str, Any]:
    named: dict[str, Any] = {"menu": str(one.kind), "name": one.name}
    return named | {"fields": list(one.fields)} if one.fields else named
