"""The order of changes: what others refer to is made before them and removed after them."""

from __future__ import annotations

from enum import IntEnum

from core.network.menus import MENUS, AddItem, RemoveItem, SetItem
from core.network.router import AddProfile, AddUser, Change, RemoveProfile, RemoveUser, SetProfile, SetUser


class Phase(IntEnum):
    """A phase is finished before the next begins: the router runs commands in flight side by side."""

    BASES = 1
    USERS = 2
    USER_REMOVALS = 3
    BASE_REMOVALS = 4


def phase_of(change: Change) -> Phase:
    """Which phase a change belongs to."""
    match change:
        case AddUser() | SetUser():
            return Phase.USERS
        case RemoveUser():
            return Phase.USER_REMOVALS
        case AddProfile() | SetProfile():
            return Phase.BASES
        case RemoveProfile():
            return Phase.BASE_REMOVALS
        case AddItem(item) | SetItem(_, item):
            return Phase.BASES if MENUS[item.kind].base else Phase.USERS
        case RemoveItem(kind):
            return Phase.BASE_REMOVALS if MENUS[kind].base else Phase.USER_REMOVALS


def is_removal(change: Change) -> bool:
    """Say whether a change takes something away."""
    return phase_of(change) >= Phase.USER_REMOVALS
