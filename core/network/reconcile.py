"""What a router should hold against what it holds: the drift, and the changes that end it.

Only what carries our mark is ever changed or removed: by the beginning of the comment, or of the name in menus without
comments. What stands in our way unmarked is reported and left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from core.network.compare import Compared, Desired, Held, compare
from core.network.menus import (
    MENUS,
    AddItem,
    HeldItem,
    Item,
    Kind,
    Mark,
    RemoveItem,
    SetItem,
    is_our_name,
    item_differences,
)
from core.network.phases import phase_of
from core.network.router import (
    AddProfile,
    AddUser,
    Change,
    HeldProfile,
    HeldUser,
    HotspotProfile,
    HotspotUser,
    RemoveProfile,
    RemoveUser,
    SetProfile,
    SetUser,
    profile_differences,
    user_differences,
)

__all__ = ["Deviation", "Drift", "Kind", "is_our_profile", "is_our_user", "reconcile", "reconcile_items", "together"]

_Named = TypeVar("_Named", HotspotUser, HotspotProfile)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as it should be, and in which fields. Names only, no values: a password is among them."""

    kind: Kind
    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """All deviations of one router and the changes that end them. Clashes stay until a person settles them."""

    missing: tuple[Deviation, ...] = ()
    extra: tuple[Deviation, ...] = ()
    changed: tuple[Deviation, ...] = ()
    clashes: tuple[Deviation, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def none(self) -> bool:
        """Say whether the router holds exactly what it should, as far as it is ours to say."""
        return not (self.missing or self.extra or self.changed or self.clashes)


def together(*parts: Drift) -> Drift:
    """The drift of several menus as one, its changes in the order of their phases."""
    changes = sorted(chain.from_iterable(part.changes for part in parts), key=phase_of)
    return Drift(
        missing=tuple(chain.from_iterable(part.missing for part in parts)),
        extra=tuple(chain.from_iterable(part.extra for part in parts)),
        changed=tuple(chain.from_iterable(part.changed for part in parts)),
        clashes=tuple(chain.from_iterable(part.clashes for part in parts)),
        changes=tuple(changes),
    )


def reconcile(
    desired_users: Iterable[HotspotUser],
    desired_profiles: Iterable[HotspotProfile],
    held_users: Sequence[HeldUser],
    held_profiles: Sequence[HeldProfile],
    marker_prefix: str,
) -> Drift:
    """Compare hotspot users and their profiles, and say what to change.

    Of the users a part may be given, on both sides alike; profiles always all of them, or the rest count as extra.
    """
    users = _by_name(desired_users)
    profiles = _by_name(desired_profiles)
    _check_marks(users.values(), profiles.values(), marker_prefix)
    strangers_use = {user.profile for user in held_users if not is_our_user(user.comment, marker_prefix)}
    of_profiles = compare(
        profiles,
        held_profiles,
        key=lambda held: held.name,
        ours=lambda held: not held.default and is_our_profile(held.name, marker_prefix),
        differences=profile_differences,
        needed=lambda held: held.name in strangers_use,
    )
    of_users = compare(
        users,
        held_users,
        key=lambda held: held.name,
        ours=lambda held: is_our_user(held.comment, marker_prefix),
        differences=user_differences,
    )
    return together(
        _drift(Kind.PROFILE, of_profiles, _name_of, _name_of, _profile_changes(of_profiles)),
        _drift(Kind.USER, of_users, _name_of, _name_of, _user_changes(of_users)),
    )


def reconcile_items(desired: Iterable[Item], held: Mapping[Kind, Sequence[HeldItem]]) -> Drift:
    """Compare objects of the menus that were read, and say what to change.

    A menu that was not read is not compared. Of secrets a part may be given, on both sides alike.

    Raises:
        ValueError: something is desired twice, or could not be recognised as ours afterwards.
    """
    wanted: dict[Kind, dict[str, Item]] = {kind: {} for kind in held}
    for item in desired:
        _check_item(item)
        of_kind = wanted.get(item.kind)
        if of_kind is None:
            continue
        if item.key in of_kind:
            raise ValueError(f"{item.key} is desired twice")
        of_kind[item.key] = item
    return together(*(_item_drift(kind, wanted[kind], held) for kind in held))


def is_our_user(comment: str, marker_prefix: str) -> bool:
    """Say whether a user with this comment is ours."""
    return comment.startswith(marker_prefix)


def is_our_profile(name: str, marker_prefix: str) -> bool:
    """Say whether a profile of this name is ours."""
    return is_our_name(name, marker_prefix)


def _item_drift(kind: Kind, desired: Mapping[str, Item], held: Mapping[Kind, Sequence[HeldItem]]) -> Drift:
    users = MENUS[kind].used_by
    strangers_use = {one.values.get("profile") for one in held.get(users, ()) if not one.ours} if users else set()
    found = compare(
        desired,
        held[kind],
        key=lambda one: one.key,
        ours=lambda one: one.ours,
        differences=item_differences,
        needed=lambda one: one.key in strangers_use,
    )
    changes: list[Change] = [SetItem(one.id, item) for item, one, _ in found.changed]
    if MENUS[kind].mark is Mark.MENU:  # one row of settings: there is nothing to add or to remove
        found.extra.clear()
    else:
        changes += [AddItem(item) for item in found.missing]
        changes += [RemoveItem(kind, one.id, one.key) for one in found.extra]
    return _drift(kind, found, lambda item: item.key, lambda one: one.key, changes)


def _profile_changes(found: Compared[HotspotProfile, HeldProfile]) -> list[Change]:
    changes: list[Change] = [AddProfile(profile) for profile in found.missing]
    changes += [SetProfile(held.id, profile) for profile, held, _ in found.changed]
    return changes + [RemoveProfile(held.id, held.name) for held in found.extra]


def _user_changes(found: Compared[HotspotUser, HeldUser]) -> list[Change]:
    changes: list[Change] = [SetUser(held.id, user) for user, held, _ in found.changed]
    changes += [AddUser(user) for user in found.missing]
    return changes + [RemoveUser(held.id, held.name) for held in found.extra]


def _drift(
    kind: Kind,
    found: Compared[Desired, Held],
    wanted_name: Callable[[Desired], str],
    held_name: Callable[[Held], str],
    changes: Sequence[Change],
) -> Drift:
    return Drift(
        missing=tuple(Deviation(kind, wanted_name(one)) for one in found.missing),
        extra=tuple(Deviation(kind, held_name(one)) for one in found.extra),
        changed=tuple(Deviation(kind, wanted_name(one), fields) for one, _, fields in found.changed),
        clashes=tuple(Deviation(kind, name) for name in found.clashes),
        changes=tuple(changes),
    )


def _name_of(one: HotspotUser | HotspotProfile) -> str:
    return one.name


def _by_name(things: Iterable[_Named]) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    for thing in things:
        if thing.name in found:
            raise ValueError(f"{thing.name} is desired twice")
        found[thing.name] = thing
    return found


def _check_marks(users: Iterable[HotspotUser], profiles: Iterable[HotspotProfile], marker_prefix: str) -> None:
    """Refuse to desire what we could not recognise as ours afterwards."""
    for user in users:
        if not is_our_user(user.comment, marker_prefix):
            raise ValueError(f"the comment of user {user.name} must begin with {marker_prefix}")
    for profile in profiles:
        if not is_our_profile(profile.name, marker_prefix):
            raise ValueError(f"the name of profile {profile.name} must begin with {marker_prefix.rstrip(':-_')}")


def _check_item(item: Item) -> None:
    """Likewise."""
    menu = MENUS[item.kind]
    comment = item.key if menu.key == "comment" else item.values.get("comment", "")
    if not HeldItem(item.kind, "", item.key, {}, comment).ours:
        raise ValueError(f"{item.kind} {item.key} could not be recognised as ours")
