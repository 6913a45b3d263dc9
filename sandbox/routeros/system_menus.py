"""Menus of the router itself: who may log in and how, its time, what it may do."""

from __future__ import annotations

from typing import Final

from sandbox.routeros import values
from sandbox.routeros.shapes import READING, Property, choice, menu

LOGIN: Final = "/user"
GROUP: Final = "/user/group"
SERVICE: Final = "/ip/service"
NTP_CLIENT: Final = "/system/ntp/client"
POLICIES: Final = (
    *("local", "telnet", "ssh", "ftp", "reboot", "read", "write", "policy", "test", "winbox", "password", "web"),
    *("sniff", "sensitive", "api", "romon", "rest-api"),
)

P = Property
_NAME: Final = P("name", values.named, required=True)
_COMMENT: Final = P("comment")
_DISABLED: Final = P("disabled", values.boolean, "false")

SYSTEM: Final = (
    menu(
        GROUP,
        _NAME,
        P("policy", default=""),
        _COMMENT,
        unique=("name",),
        duplicate="failure: group with the same name already exists",
        starts=(
            {"name": "full", "policy": ",".join(POLICIES)},
            {"name": "read", "policy": "local,telnet,ssh,reboot,read,test,winbox,password,web,sniff,sensitive,api"},
        ),
    ),
    menu(
        LOGIN,
        _NAME,
        P("group", required=True, refers=GROUP),
        P("password", hidden=True),
        P("address", values.networks, ""),
        _COMMENT,
        _DISABLED,
        unique=("name",),
        duplicate="failure: user with the same name already exists",
    ),
    menu(
        SERVICE,
        P("name"),
        P("port", values.whole),
        P("address", values.networks, ""),
        P("max-sessions", values.whole, "20"),
        P("certificate", default="none"),
        _DISABLED,
        verbs=READING | {"set", "enable", "disable"},
        unique=("name",),
        starts=({"name": "api", "port": "8728"}, {"name": "winbox", "port": "8291"}, {"name": "ssh", "port": "22"}),
    ),
    menu(
        NTP_CLIENT,
        P("enabled", values.boolean, "false"),
        P("mode", choice("unicast", "broadcast", "multicast", "manycast"), "unicast", listed=True),
        P("servers", default=""),
        verbs=READING | {"set"},
        singleton=True,
        starts=({},),
    ),
    menu(
        "/system/device-mode",
        P("mode", choice("home", "basic", "advanced", "rose", "enterprise"), "advanced", listed=True),
        P("hotspot", values.boolean, "true"),
        verbs=READING,  # `update` asks for the button on the device
        singleton=True,
        starts=({},),
    ),
    menu("/system/identity", P("name"), verbs=READING | {"set"}, singleton=True),
    menu("/system/resource", verbs=READING, singleton=True),
    menu("/system/clock", P("time-zone-name", default="Africa/Juba"), verbs=READING | {"set"}, singleton=True),
)
