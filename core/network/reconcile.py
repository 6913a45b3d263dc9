"""What a router should hold against what it holds: the drift, and the changes that end it.

Only what carries our mark is ever changed or removed: users by the beginning of their comment, profiles, which
have no comment on RouterOS, by the beginning of their name. What stands in our way unmarked is reported and left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TypeVar

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

_Named = TypeVar("_Named", HotspotUser, HotspotProfile)


class Kind(StrEnum):
    """What deviates."""

    PROFILE = "profile"
    USER = "user"


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


def reconcile(
    desired_users: Iterable[HotspotUser],
    desired_profiles: Iterable[HotspotProfile],
    held_users: Sequence[HeldUser],
    held_profiles: Sequence[HeldProfile],
    marker_prefix: str,
) -> Drift:
    """Compare and say what to change: profiles first, then users added and set, then removals.

    Of the users a part may be given, on both sides alike; profiles always all of them, or the rest count as extra.
    """
    users = _by_name(desired_users)
    profiles = _by_name(desired_profiles)
    _check_marks(users.values(), profiles.values(), marker_prefix)
    of_profiles = _profile_drift(profiles, held_profiles, held_users, marker_prefix)
    of_users = _user_drift(users, held_users, marker_prefix)
    both = (of_profiles, of_users)
    changes = chain(
        (change for change in of_profiles.changes if not isinstance(change, RemoveProfile)),
        sorted(of_users.changes, key=lambda change: isinstance(change, RemoveUser)),
        (change for change in of_profiles.changes if isinstance(change, RemoveProfile)),
    )
    return Drift(
        missing=tuple(chain.from_iterable(part.missing for part in both)),
        extra=tuple(chain.from_iterable(part.extra for part in both)),
        changed=tuple(chain.from_iterable(part.changed for part in both)),
        clashes=tuple(chain.from_iterable(part.clashes for part in both)),
        changes=tuple(changes),
    )


def is_our_user(comment: str, marker_prefix: str) -> bool:
    """Say whether a user with this comment is ours."""
    return comment.startswith(marker_prefix)


def is_our_profile(name: str, marker_prefix: str) -> bool:
    """Say whether a profile of this name is ours: the mark's word, then anything but a letter or digit."""
    word = marker_prefix.rstrip(":-_")
    return name.startswith(word) and not name[len(word) : len(word) + 1].isalnum()


def _profile_drift(
    desired: dict[str, HotspotProfile],
    held: Sequence[HeldProfile],
    held_users: Sequence[HeldUser],
    marker_prefix: str,
) -> Drift:
    missing, extra, changed, clashes = [], [], [], []
    changes: list[Change] = []
    present = {profile.name: profile for profile in held}
    strangers_use = {user.profile for user in held_users if not is_our_user(user.comment, marker_prefix)}
    for name, profile in desired.items():
        found = present.get(name)
        if found is None:
            missing.append(Deviation(Kind.PROFILE, name))
            changes.append(AddProfile(profile))
        elif differing := profile_differences(profile, found):
            changed.append(Deviation(Kind.PROFILE, name, differing))
            changes.append(SetProfile(found.id, profile))
    for name, found in present.items():
        if name in desired or found.default or not is_our_profile(name, marker_prefix):
            continue
        if name in strangers_use:  # somebody gave our tier to a user of their own; removing it would cut them off
            clashes.append(Deviation(Kind.PROFILE, name))
            continue
        extra.append(Deviation(Kind.PROFILE, name))
        changes.append(RemoveProfile(found.id, name))
    return Drift(tuple(missing), tuple(extra), tuple(changed), tuple(clashes), tuple(changes))


def _user_drift(desired: dict[str, HotspotUser], held: Sequence[HeldUser], marker_prefix: str) -> Drift:
    missing, extra, changed, clashes = [], [], [], []
    changes: list[Change] = []
    ours: dict[str, HeldUser] = {}
    theirs: set[str] = set()
    for found in held:
        if not is_our_user(found.comment, marker_prefix):
            theirs.add(found.name)
        elif found.name in desired and found.name not in ours:
            ours[found.name] = found
        else:  # not wanted, or a second of the same name under another hotspot server
            extra.append(Deviation(Kind.USER, found.name))
            changes.append(RemoveUser(found.id, found.name))
    for name, user in desired.items():
        if (mine := ours.get(name)) is not None:
            if differing := user_differences(user, mine):
                changed.append(Deviation(Kind.USER, name, differing))
                changes.append(SetUser(mine.id, user))
        elif name in theirs:
            clashes.append(Deviation(Kind.USER, name))
        else:
            missing.append(Deviation(Kind.USER, name))
            changes.append(AddUser(user))
    return Drift(tuple(missing), tuple(extra), tuple(changed), tuple(clashes), tuple(changes))


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
