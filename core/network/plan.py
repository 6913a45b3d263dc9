"""What is to be done at one router: its wishes and its house against what it holds. Pure but for opening seals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from core.logs import log
from core.network.desired import MARKER, Wish, line_profile_of, own_profile, profile_of, secret_of, user_of
from core.network.house import server_profile_drift
from core.network.menus import HeldItem, Item, Kind
from core.network.reconcile import Drift, is_our_user, reconcile, reconcile_items, together
from core.network.router import Holdings
from core.sealing import SealBrokenError, Sealer

LOG = log("network.plan")
_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class Plan:
    """The drift, and of whom the router cannot be told: user name -> why.

    `strangers`: names there that are not ours, of users and of secrets; whoever is online by one is not ours to end.
    """

    drift: Drift
    failed: dict[str, str] = field(default_factory=dict)
    strangers: frozenset[str] = frozenset()


def plan(
    wishes: Sequence[Wish], house: Iterable[Item], held: Holdings, *, sealer: Sealer, now: datetime, full: bool
) -> Plan:
    """Compare. Without `full` what is held is a part, and tiers that only others use are none of this visit's business.

    What has ended and is not there is not put there: an order never outlives what it was for.
    """
    failed: dict[str, str] = {}
    kept = [wish for wish in wishes if wish.wanted != "absent"]
    users = {user.name: user.password for user in held.users if is_our_user(user.comment, MARKER)}
    secrets = {one.key: one.values.get("password", "") for one in held.items.get(Kind.SECRET, ()) if one.ours}
    logins = [one for one in kept if not one.is_line and (one.to_be_online(now) or one.username in users)]
    lines = [one for one in kept if one.is_line and (one.to_be_online(now) or one.username in secrets)]
    refused = held.refused.get(Kind.SECRET) or held.refused.get(Kind.PPP_PROFILE)
    if refused is not None:
        failed |= {line.username: f"it has no lines: {refused}" for line in lines}
        lines = []

    told_users = _opened(logins, users, failed, sealer, lambda one, password: user_of(one, password, now))
    profiles = {one.name: one for one in map(profile_of, logins)}
    sealed = {one.username for one in logins} - {user.name for user in told_users}
    hotspot = reconcile(
        told_users,
        profiles.values(),
        [
            user for user in held.users if user.name not in sealed
        ],  # whom we cannot tell of is not told to be gone either
        [one for one in held.profiles if full or one.name in profiles],
        MARKER,
    )
    items = _opened(lines, secrets, failed, sealer, lambda one, password: secret_of(one, password, now))
    own = own_profile(held.items.get(Kind.PPP_PROFILE, ()))
    tiers = {one.key: one for one in (line_profile_of(line, own) for line in lines)}
    untold = {one.username for one in lines} - {item.key for item in items}
    beside = reconcile_items([*tiers.values(), *items, *house], _comparable(held, tiers, untold, full=full))
    watched = server_profile_drift(held.items.get(Kind.SERVER_PROFILE, ()))
    drift = together(hotspot, beside, watched)
    taken = {one.name for one in drift.clashes if one.kind in {Kind.USER, Kind.SECRET}}
    failed |= dict.fromkeys(sorted(taken), "the name is taken there by something that is not ours")
    strangers = {user.name for user in held.users if user.name not in users}
    strangers |= {one.key for one in held.items.get(Kind.SECRET, ()) if not one.ours}
    return Plan(drift, failed, frozenset(strangers))


def _comparable(
    held: Holdings, tiers: Collection[str], untold: Collection[str], *, full: bool
) -> dict[Kind, list[HeldItem]]:
    found = {kind: list(items) for kind, items in held.items.items()}
    found.pop(Kind.SERVER_PROFILE, None)
    if Kind.SECRET in found:
        found[Kind.SECRET] = [one for one in found[Kind.SECRET] if one.key not in untold]
    if not full and Kind.PPP_PROFILE in found:
        found[Kind.PPP_PROFILE] = [one for one in found[Kind.PPP_PROFILE] if one.key in tiers]
    return found


def _opened(
    wishes: Iterable[Wish],
    known: dict[str, str],
    failed: dict[str, str],
    sealer: Sealer,
    make: Callable[[Wish, str], _Told],
) -> list[_Told]:
    """The objects as they should be; who cannot be told of, for a seal is broken, has failed."""
    made = []
    for wish in wishes:
        try:
            password = sealer.open(wish.password_sealed)
        except SealBrokenError:
            if wish.wanted != "disabled" or wish.username not in known:
                LOG.error("a seal is broken", grant=wish.grant_id)  # noqa: TRY400 - nothing more to know
                failed[wish.username] = "its password is sealed with a key we do not have"
                continue
            password = known[wish.username]  # to end it no password is needed
        made.append(make(wish, password))
    return made
