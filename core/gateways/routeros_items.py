"""Objects of the menus in `core.network.menus` as RouterOS words: asked for, read, sent, and looked up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.gateways.routeros_wire import Call, Row
from core.network.menus import MENUS, AddItem, HeldItem, ItemChange, Kind, Mark, RemoveItem, SetItem, item_differences

PPP_ACTIVE: Final = "/ppp/active"
QUEUE: Final = "/queue/simple"
LINE_PROPERTIES: Final = ".id,name,uptime,radius"
_OF_EVERY: Final = (".id", "comment", "default")


def properties_of(kind: Kind) -> str:
    """The properties to print: what is managed, and what tells whose it is."""
    menu = MENUS[kind]
    wanted = (*menu.fields, *((menu.key,) if menu.key else ()))
    return ",".join(dict.fromkeys((*(() if menu.mark is Mark.MENU else _OF_EVERY), *wanted)))


def held_item(kind: Kind, row: Row) -> HeldItem:
    """Read an object."""
    menu = MENUS[kind]
    return HeldItem(
        kind=kind,
        id=row.get("id", ""),
        key=row.get(menu.key, "") if menu.key else "",
        values={name: row[name] for name in menu.fields if name in row},
        comment=row.get("comment", ""),
        default=row.get("default", "") in {"true", "yes"},
    )


def call_for_item(change: ItemChange) -> Call:
    """Put a change into a command."""
    if isinstance(change, RemoveItem):
        return Call(MENUS[change.kind].path, "remove", {"id": change.id})
    menu, values = MENUS[change.item.kind], dict(change.item.values)
    if isinstance(change, AddItem):
        return Call(menu.path, "add", {menu.key: change.item.key, **values})
    return Call(menu.path, "set", values if menu.mark is Mark.MENU else {"id": change.id, **values})


def kind_of(change: ItemChange) -> Kind:
    """Which menu it is about."""
    return change.kind if isinstance(change, RemoveItem) else change.item.kind


def secret_of_item(change: ItemChange) -> str:
    """The password a change carries."""
    if isinstance(change, RemoveItem):
        return ""
    return change.item.values.get(MENUS[change.item.kind].secret, "")


def holds_item(change: ItemChange, held: Sequence[HeldItem]) -> bool:
    """Say whether the router holds what a change was to make it hold."""
    if isinstance(change, RemoveItem):
        return all(one.id != change.id for one in held)
    same = [one for one in held if one.key == change.item.key and one.ours and not item_differences(change.item, one)]
    return any(one.id == change.id for one in same) if isinstance(change, SetItem) else bool(same)
