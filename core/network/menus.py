"""Menus of a router beside its hotspot users: what an object is known by, what of it is ours to say, where the mark is.

One table for all of them. A property that is not in it is nobody's business here, on our own objects too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.network import normal

MARKER: Final = "shabaka:"  # our objects on a router carry it in their comment; what does not is not ours to touch


class Kind(StrEnum):
    """What deviates. The words stand in a router's drift and on screens."""

    PROFILE = "profile"
    USER = "user"
    PPP_PROFILE = "ppp profile"
    SECRET = "ppp secret"  # noqa: S105 - a menu's name
    GARDEN = "walled garden"
    SERVER_PROFILE = "hotspot server profile"
    RADIUS = "radius client"
    INCOMING = "radius incoming"
    AAA = "ppp aaa"


class Mark(StrEnum):
    """Where an object of a menu shows that it is ours."""

    COMMENT = "comment"
    NAME = "name"  # the menu has no comments
    MENU = "menu"  # the menu is one row of settings, and as a whole given to us


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu. `key`: the property an object is known by. `fields`: what we manage, and the form it is compared in.

    `secret`: the property that is never shown, and not compared where the router hides it. `base`: others refer to
    it, so it is made before and removed after them; `used_by` is who does, by their property `profile`.
    """

    path: str
    key: str
    fields: Mapping[str, Callable[[str], str]]
    mark: Mark
    secret: str = ""
    base: bool = True
    used_by: Kind | None = None


MENUS: Final[Mapping[Kind, Menu]] = {
    Kind.PPP_PROFILE: Menu(
        "/ppp/profile",
        "name",
        {
            "rate-limit": normal.rate,
            "only-one": normal.plain,
            "local-address": normal.plain,
            "remote-address": normal.plain,
            "dns-server": normal.plain,
        },
        Mark.NAME,
        used_by=Kind.SECRET,
    ),
    Kind.SECRET: Menu(
        "/ppp/secret",
        "name",
        {
            "password": normal.plain,
            "service": normal.plain,
            "profile": normal.plain,
            "comment": normal.plain,
            "disabled": normal.yes,
        },
        Mark.COMMENT,
        secret="password",  # noqa: S106 - a property's name
        base=False,
    ),
    # Two entries of one host are no fault there, so ours are known by their comment and clash with nobody's.
    Kind.GARDEN: Menu(
        "/ip/hotspot/walled-garden",
        "comment",
        {"dst-host": normal.plain, "action": normal.plain, "disabled": normal.yes},
        Mark.COMMENT,
    ),
    Kind.SERVER_PROFILE: Menu(
        "/ip/hotspot/profile",
        "name",
        {"use-radius": normal.yes, "radius-accounting": normal.yes, "radius-interim-update": normal.plain},
        Mark.NAME,
    ),
    Kind.RADIUS: Menu(
        "/radius",
        "comment",
        {
            "service": normal.words,
            "address": normal.plain,
            "secret": normal.plain,
            "authentication-port": normal.plain,
            "accounting-port": normal.plain,
            "timeout": normal.time,
            "require-message-auth": normal.plain,
            "disabled": normal.yes,
        },
        Mark.COMMENT,
        secret="secret",  # noqa: S106 - a property's name
    ),
    Kind.INCOMING: Menu("/radius/incoming", "", {"accept": normal.yes, "port": normal.plain}, Mark.MENU),
    Kind.AAA: Menu(
        "/ppp/aaa",
        "",
        {"use-radius": normal.yes, "accounting": normal.yes, "interim-update": normal.time},
        Mark.MENU,
    ),
}


@dataclass(frozen=True, slots=True)
class Item:
    """An object as it should be. `values` holds managed properties only; those it lacks are left as they are."""

    kind: Kind
    key: str
    values: Mapping[str, str] = field(repr=False)  # a password may be among them


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An object as the router holds it: the managed properties it showed, as it wrote them."""

    kind: Kind
    id: str
    key: str
    values: Mapping[str, str] = field(repr=False)
    comment: str = ""
    default: bool = False

    @property
    def ours(self) -> bool:
        """Say whether it carries our mark."""
        mark = MENUS[self.kind].mark
        if mark is Mark.COMMENT:
            return self.comment.startswith(MARKER)
        return mark is Mark.MENU or (not self.default and is_our_name(self.key))


def is_our_name(name: str, marker_prefix: str = MARKER) -> bool:
    """Say whether something of this name is ours: the mark's word, then anything but a letter or digit."""
    word = marker_prefix.rstrip(":-_")
    return name.startswith(word) and not name[len(word) : len(word) + 1].isalnum()


def item_differences(desired: Item, held: HeldItem) -> tuple[str, ...]:
    """Name the managed properties in which a held object is not as desired."""
    menu = MENUS[desired.kind]
    return tuple(
        name
        for name, value in desired.values.items()
        if not (name == menu.secret and name not in held.values)
        and menu.fields[name](value) != menu.fields[name](held.values.get(name, ""))
    )


@dataclass(frozen=True, slots=True)
class AddItem:
    """Create an object."""

    item: Item


@dataclass(frozen=True, slots=True)
class SetItem:
    """Make a held object say this."""

    id: str
    item: Item


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Remove a held object."""

    kind: Kind
    id: str
    key: str


ItemChange = AddItem | SetItem | RemoveItem
