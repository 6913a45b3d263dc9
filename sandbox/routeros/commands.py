"""Commands of the menus: print, add, set, remove and their kin, with the router's own sentences when it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.routeros.menus import (
    ACTIVE,
    ADDRESS_LIST,
    MENUS,
    PPP_PROFILE,
    PROFILE,
    SECRET,
    SERVER,
    SERVER_PROFILE,
    USER,
)
from sandbox.routeros.queries import BadQuery, compile_query
from sandbox.routeros.shapes import Menu, Property
from sandbox.routeros.system_menus import GROUP, LOGIN
from sandbox.routeros.tables import Item, Table, Tables
from sandbox.routeros.values import BadValue

PRINT_ARGUMENTS: Final = frozenset(
    {"brief", "bytes", "count-only", "detail", "packets", "stats", "terse", "value-list"}
    | {"without-paging", ".proplist"}
)
HIDDEN_WITHOUT_SENSITIVE: Final = frozenset({"password", "secret", "otp-secret"})
# Who refers to a menu's names, and by which property.
_REFERRERS: Final = {
    PROFILE: (USER, "profile"),
    PPP_PROFILE: (SECRET, "profile"),
    SERVER_PROFILE: (SERVER, "profile"),
    GROUP: (LOGIN, "group"),
}

Rows = Iterable[tuple[str, Item]]


class Trap(Exception):
    """The router refuses a command."""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.category = category


NO_SUCH_ITEM: Final = "no such item"


@dataclass(frozen=True, slots=True)
class Command:
    """A sentence taken apart."""

    menu: str
    verb: str
    arguments: Mapping[str, str]
    queries: tuple[str, ...]
    tag: bytes | None

    @property
    def path(self) -> str:
        """The command word again."""
        return f"{self.menu}/{self.verb}"


@dataclass(slots=True)
class Answer:
    """Rows of !re and what !done carries."""

    rows: list[Item] = field(default_factory=list)
    ret: str | None = None
    is_print: bool = False


def parse(words: list[bytes]) -> Command:
    """Take a sentence apart. Order counts for query words only; `=comment` says the same as `=comment=`."""
    arguments: dict[str, str] = {}
    queries: list[str] = []
    tag: bytes | None = None
    for word in words[1:]:
        if word.startswith(b".tag="):
            tag = word[5:]
            continue
        text = word.decode("utf-8", "surrogateescape")
        if text.startswith("?"):
            queries.append(text)
        elif text.startswith("."):
            name, _, value = text.partition("=")
            arguments[name] = value
        else:
            name, _, value = text.removeprefix("=").partition("=")
            arguments[name] = value
    menu, _, verb = words[0].decode("utf-8", "surrogateescape").rpartition("/")
    return Command(menu, verb, arguments, tuple(queries), tag)


class Menus:
    """Runs commands on the tables. `live` gives the rows of menus that are computed, `kickers` removes from them."""

    def __init__(
        self,
        tables: Tables,
        live: Mapping[str, Callable[[], Rows]],
        kickers: Mapping[str, Callable[[str], None]],
    ) -> None:
        self._tables = tables
        self._live = live
        self._kickers = kickers

    def run(self, command: Command, *, hide_passwords: bool) -> Answer:
        """Run one command."""
        menu = MENUS.get(command.menu)
        if menu is None:
            inside = any(path.startswith(f"{command.path}/") or path == command.path for path in MENUS)
            raise Trap("no such command" if inside else "no such command prefix", 0)
        if command.verb not in menu.verbs:
            raise Trap("no such command", 0)
        if command.verb in {"print", "getall"}:
            return self._print(menu, command, hide_passwords=hide_passwords)
        if command.verb == "add":
            return Answer(ret=self._add(menu, command.arguments))
        return self._edit(menu, command)

    def rows(self, path: str) -> list[Item]:
        """Give a menu's rows as they print."""
        return [_shown(key, item) for key, item in self._pairs(path)]

    def _print(self, menu: Menu, command: Command, *, hide_passwords: bool) -> Answer:
        for name in command.arguments:
            if name not in PRINT_ARGUMENTS:
                raise Trap("unknown parameter", 0)
        rows = self._matching(menu.path, command.queries)
        if menu.singleton:
            rows = [{name: value for name, value in row.items() if name != ".id"} for row in rows]
        if hide_passwords:
            rows = [{k: v for k, v in row.items() if k not in HIDDEN_WITHOUT_SENSITIVE} for row in rows]
        if "count-only" in command.arguments:
            return Answer(ret=str(len(rows)))
        if wanted := command.arguments.get(".proplist"):
            names = wanted.split(",")
            rows = [{name: row[name] for name in names if name in row} for row in rows]
        return Answer(rows=rows, is_print=True)

    def _pairs(self, path: str) -> Rows:
        return self._live[path]() if path in self._live else self._tables[path].items.items()

    def _matching(self, path: str, queries: tuple[str, ...]) -> list[Item]:
        if not queries:
            return self.rows(path)
        try:
            test = compile_query(queries)
            if any(".id" in query for query in queries):
                return [row for row in self.rows(path) if test(row)]
            return [_shown(key, item) for key, item in self._pairs(path) if test(item)]
        except BadQuery:
            raise Trap("invalid query", 5) from None

    def _add(self, menu: Menu, arguments: Mapping[str, str]) -> str:
        table = self._tables[menu.path]
        item = {
            **menu.counters,
            **{p.name: p.default for p in menu.properties.values() if p.default is not None},
        }
        for name, text in arguments.items():
            item[_stored(menu, name)] = self._read(menu, name, text)
        for prop in menu.properties.values():
            if prop.required and prop.name not in arguments:
                raise Trap(f"missing value(s) of argument(s) {prop.name}", 0)
        if table.taken(item):
            raise Trap(menu.duplicate)
        if menu.path == ADDRESS_LIST and item.get("timeout", "0s") != "0s":
            item["dynamic"] = "true"
        return table.add(item)

    def _edit(self, menu: Menu, command: Command) -> Answer:
        arguments = dict(command.arguments)
        wanted = arguments.pop(".id", arguments.pop("numbers", None))
        if command.verb == "remove":
            if wanted is not None:  # without an id it says !done and does nothing, as routers do
                self._remove(menu, wanted)
            return Answer()
        if menu.path == ACTIVE or menu.singleton:
            return self._edit_single(menu, arguments)
        if wanted is None:
            raise Trap("missing =.id=", 0)
        table = self._tables[menu.path]
        changes, without = self._changes(menu, command.verb, arguments)
        keys = self._find(table, wanted)
        for key in keys:
            if table.taken({**table.items[key], **changes}, apart_from=key):
                raise Trap(menu.duplicate)
        for key in keys:
            before = table.items[key]
            table.change(key, changes, without)
            if "name" in changes and menu.path in _REFERRERS:
                self._follow(*_REFERRERS[menu.path], before.get("name", ""), changes["name"])
        return Answer()

    def _edit_single(self, menu: Menu, arguments: Mapping[str, str]) -> Answer:
        changes = {name: self._read(menu, name, text) for name, text in arguments.items()}
        for key in list(self._tables[menu.path].items):
            self._tables[menu.path].change(key, changes)
        return Answer()

    def _changes(self, menu: Menu, verb: str, arguments: Mapping[str, str]) -> tuple[Item, tuple[str, ...]]:
        if verb == "set":
            return {_stored(menu, name): self._read(menu, name, text) for name, text in arguments.items()}, ()
        if verb in {"enable", "disable"} and not arguments:
            return {"disabled": "true" if verb == "disable" else "false"}, ()
        if verb == "unset" and set(arguments) == {"value-name"}:
            if arguments["value-name"] not in menu.properties:
                raise Trap("unknown parameter", 0)
            return {}, (arguments["value-name"],)
        if verb == "reset-counters" and not arguments:
            return {name: value for name, value in menu.counters.items() if name not in {"default", "dynamic"}}, ()
        raise Trap("unknown parameter", 0)

    def _remove(self, menu: Menu, wanted: str) -> None:
        if menu.path in self._kickers:
            present = {key for key, _ in self._live[menu.path]()}
            keys = wanted.split(",")
            if not present.issuperset(keys):
                raise Trap(NO_SUCH_ITEM, 0)
            for key in keys:
                self._kickers[menu.path](key)
            return
        table = self._tables[menu.path]
        keys = self._find(table, wanted)
        if any(table.items[key].get("default") == "true" for key in keys):
            raise Trap("failure: can not remove default item")
        for key in keys:
            table.remove(key)

    def _find(self, table: Table, wanted: str) -> list[str]:
        keys = []
        for part in wanted.split(","):
            key: str | None = part if part in table.items else table.by_name(part)
            if key is None and part.isdigit() and int(part) < len(table.items):
                key = list(table.items)[int(part)]
            if key is None:
                raise Trap(NO_SUCH_ITEM, 0)
            keys.append(key)
        return list(dict.fromkeys(keys))

    def _read(self, menu: Menu, name: str, text: str) -> str:
        prop = menu.properties.get(name)
        if prop is None:
            raise Trap("unknown parameter", 0)
        if prop.refers is not None:
            return self._referred(prop, text)
        try:
            return prop.read(text)
        except BadValue:
            listed = f"input does not match any value of {name}"
            raise Trap(listed if prop.listed else f"invalid value for argument {name}", 1) from None

    def _referred(self, prop: Property, text: str) -> str:
        assert prop.refers is not None  # noqa: S101
        table = self._tables[prop.refers]
        if table.by_name(text) is not None:
            return text
        if text in table.items:
            return table.items[text]["name"]
        raise Trap(f"input does not match any value of {prop.name}", 1)

    def _follow(self, referrers: str, by: str, old: str, new: str) -> None:
        table = self._tables[referrers]
        for key in [key for key, item in table.items.items() if item.get(by) == old]:
            table.change(key, {by: new})


def _stored(menu: Menu, name: str) -> str:
    """The name a property is kept under: what begins with a stroke below is never printed."""
    prop = menu.properties.get(name)
    return f"_{name}" if prop is not None and prop.hidden else name


def _shown(key: str, item: Item) -> Item:
    return {".id": key, **{name: value for name, value in item.items() if not name.startswith("_")}}
