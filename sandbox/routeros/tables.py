"""Rows of the menus, in memory and written through to a small SQLite file: a kill loses nothing acknowledged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sandbox.routeros.menus import MENUS
from sandbox.routeros.shapes import Menu

Item = dict[str, str]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS item (menu TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
                                 PRIMARY KEY (menu, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS last_number (menu TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""


class Disk:
    """The file of one router. WAL without fsync: it must outlive the process, not the machine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_SCHEMA)

    def numbers(self) -> dict[str, int]:
        """Give the last number each menu has handed out."""
        return dict(self._db.execute("SELECT menu, number FROM last_number"))

    def items(self) -> Iterator[tuple[str, int, Item]]:
        """Give every row."""
        for menu, number, body in self._db.execute("SELECT menu, number, body FROM item ORDER BY menu, number"):
            yield menu, number, json.loads(body)

    def number(self, menu: str, number: int) -> None:
        """Remember the last number: an id is never given twice."""
        self._db.execute("INSERT OR REPLACE INTO last_number VALUES (?, ?)", (menu, number))

    def put(self, menu: str, number: int, item: Item) -> None:
        """Write a row."""
        body = json.dumps(item)
        self._db.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", (menu, number, body))

    def drop(self, menu: str, number: int) -> None:
        """Forget a row."""
        self._db.execute("DELETE FROM item WHERE menu = ? AND number = ?", (menu, number))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Table:
    """The rows of one menu. Dynamic rows live in memory only."""

    def __init__(self, menu: Menu, disk: Disk) -> None:
        self.menu = menu
        self.items: dict[str, Item] = {}
        self._disk = disk
        self._last = -1
        self._keys: dict[tuple[str, ...], str] = {}
        self._names: dict[str, dict[str, None]] = {}  # a name may stand once per hotspot server

    def load(self, number: int, item: Item) -> None:
        """Take a row from disk."""
        self._place(_id(number), item)
        self._last = max(self._last, number)

    def start(self, last: int | None) -> None:
        """Go on after the last number, or fill a new router's table."""
        if last is not None:
            self._last = max(self._last, last)
            return
        for row in self.menu.starts:
            defaults = {prop.name: prop.default for prop in self.menu.properties.values() if prop.default is not None}
            self.add({**self.menu.counters, **defaults, **row})
        self._last = max(self._last, 0)  # *0 belongs to the default row; where there is none, ids begin at *1
        self._disk.number(self.menu.path, self._last)

    def add(self, item: Item) -> str:
        """Add a row and return its id."""
        self._last += 1
        key = _id(self._last)
        self._place(key, item)
        if item.get("dynamic") != "true":
            self._disk.put(self.menu.path, self._last, item)
            self._disk.number(self.menu.path, self._last)
        return key

    def change(self, key: str, changes: Item, without: tuple[str, ...] = ()) -> None:
        """Change a row."""
        item = {**self.items[key], **changes}
        for name in without:
            item.pop(name, None)
        self._displace(key)
        self._place(key, item)
        if item.get("dynamic") != "true":
            self._disk.put(self.menu.path, int(key[1:], 16), item)

    def remove(self, key: str) -> None:
        """Remove a row."""
        self._displace(key)
        item = self.items.pop(key)
        if item.get("dynamic") != "true":
            self._disk.drop(self.menu.path, int(key[1:], 16))

    def taken(self, item: Item, apart_from: str | None = None) -> bool:
        """Say whether another row has this one's unique properties."""
        holder = self._keys.get(self._key(item)) if self.menu.unique else None
        return holder is not None and holder != apart_from

    def by_name(self, name: str) -> str | None:
        """Find a row's id by its name."""
        return next(iter(self._names.get(name, ())), None)

    def row(self, name: str) -> Item | None:
        """Find a row by its name."""
        key = self.by_name(name)
        return None if key is None else self.items[key]

    def forget_dynamic(self) -> None:
        """Drop what does not survive a reboot."""
        for key in [key for key, item in self.items.items() if item.get("dynamic") == "true"]:
            self.remove(key)

    def _key(self, item: Item) -> tuple[str, ...]:
        return tuple(item.get(name, "") for name in self.menu.unique)

    def _place(self, key: str, item: Item) -> None:
        self.items[key] = item
        self._keys[self._key(item)] = key
        if "name" in item:
            self._names.setdefault(item["name"], {})[key] = None

    def _displace(self, key: str) -> None:
        item = self.items[key]
        if self._keys.get(self._key(item)) == key:
            del self._keys[self._key(item)]
        holders = self._names.get(item.get("name", ""), {})
        holders.pop(key, None)
        if not holders:
            self._names.pop(item.get("name", ""), None)


class Tables:
    """All menus of one router and the file they live in."""

    def __init__(self, path: Path) -> None:
        self._disk = Disk(path)
        self._tables = {menu: Table(MENUS[menu], self._disk) for menu in MENUS}
        for menu, number, item in self._disk.items():
            self._tables[menu].load(number, item)
        lasts = self._disk.numbers()
        for menu, table in self._tables.items():
            table.start(lasts.get(menu))

    def __getitem__(self, menu: str) -> Table:
        return self._tables[menu]

    def forget_dynamic(self) -> None:
        """Drop every dynamic row."""
        for table in self._tables.values():
            table.forget_dynamic()

    def close(self) -> None:
        """Close the file."""
        self._disk.close()


def _id(number: int) -> str:
    return f"*{number:X}"
