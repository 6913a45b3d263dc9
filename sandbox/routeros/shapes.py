"""What a menu is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.routeros import values

Reader = Callable[[str], str]

EDITING: Final = frozenset({"add", "set", "remove", "enable", "disable", "unset", "print", "getall"})
READING: Final = frozenset({"print", "getall"})
KICKING: Final = READING | {"remove"}


def choice(*allowed: str) -> Reader:
    """Make a reader that takes one of these words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise values.BadValue(text)
        return text

    return read


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `refers` names the menu whose names it may hold.

    `listed`: a bad value is refused with "does not match any value", not with "invalid value".
    """

    name: str
    read: Reader = values.anything
    default: str | None = None
    required: bool = False
    refers: str | None = None
    listed: bool = False
    hidden: bool = False  # written, and never printed


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu. A singleton has one row that is only set; `starts` are the rows of a new router."""

    path: str
    verbs: frozenset[str]
    properties: Mapping[str, Property] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    duplicate: str = "failure: already have such item"
    counters: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[Mapping[str, str], ...] = ()
    singleton: bool = False


def menu(
    path: str,
    *properties: Property,
    verbs: frozenset[str] = EDITING,
    unique: tuple[str, ...] = (),
    duplicate: str = "failure: already have such item",
    counters: Mapping[str, str] | None = None,
    starts: tuple[Mapping[str, str], ...] = (),
    singleton: bool = False,
) -> Menu:
    """Make a menu of its properties."""
    by_name = {item.name: item for item in properties}
    return Menu(path, verbs, by_name, unique, duplicate, counters or {}, starts, singleton)
