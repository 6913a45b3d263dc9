"""The menus: which properties each has, how it reads them, what it starts with, what may not be twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.routeros import values
from sandbox.routeros.shapes import EDITING, KICKING, READING, Menu, Property, choice, menu
from sandbox.routeros.system_menus import SYSTEM

USER: Final = "/ip/hotspot/user"
PROFILE: Final = "/ip/hotspot/user/profile"
ACTIVE: Final = "/ip/hotspot/active"
COOKIE: Final = "/ip/hotspot/cookie"
HOST: Final = "/ip/hotspot/host"
SERVER: Final = "/ip/hotspot"
SERVER_PROFILE: Final = "/ip/hotspot/profile"
SECRET: Final = "/ppp/secret"
PPP_PROFILE: Final = "/ppp/profile"
PPP_ACTIVE: Final = "/ppp/active"
QUEUE: Final = "/queue/simple"
ADDRESS_LIST: Final = "/ip/firewall/address-list"

P = Property
_NAME: Final = P("name", values.named, required=True)
_COMMENT: Final = P("comment")
_DISABLED: Final = P("disabled", values.boolean, "false")
_TRAFFIC: Final = {"uptime": "0s", "bytes-in": "0", "bytes-out": "0", "packets-in": "0", "packets-out": "0"}

_HOTSPOT: Final = (
    menu(
        USER,
        P("server", values.named, "all"),
        _NAME,
        P("password"),
        P("otp-secret"),
        P("address", values.address),
        P("mac-address", values.mac),
        P("profile", default="default", refers=PROFILE),
        P("routes"),
        P("email"),
        P("limit-uptime", values.duration),
        P("limit-bytes-in", values.whole),
        P("limit-bytes-out", values.whole),
        P("limit-bytes-total", values.whole),
        _COMMENT,
        _DISABLED,
        verbs=EDITING | {"reset-counters"},
        unique=("name", "server"),
        duplicate="failure: already have user with this name for this server",
        counters={**_TRAFFIC, "default": "false", "dynamic": "false"},
        starts=({"name": "default-trial", "default": "true", "comment": "counters and limits for trial users"},),
    ),
    menu(
        PROFILE,
        _NAME,
        P("address-pool", default="none"),
        P("session-timeout", values.duration),
        P("idle-timeout", values.duration_or_none, "none"),
        P("keepalive-timeout", values.duration_or_none, "2m"),
        P("status-autorefresh", values.duration_or_none, "1m"),
        P("shared-users", values.shared_users, "1"),
        P("add-mac-cookie", values.boolean, "true"),
        P("mac-cookie-timeout", values.duration, "3d"),
        P("rate-limit", values.rate_limit),
        P("address-list"),
        P("parent-queue", default="none"),
        P("queue-type"),
        P("insert-queue-before"),
        P("incoming-filter"),
        P("outgoing-filter"),
        P("on-login"),
        P("on-logout"),
        P("transparent-proxy", values.boolean, "false"),
        P("open-status-page", choice("always", "http-login"), "always", listed=True),
        unique=("name",),
        duplicate="failure: already have profile with this name",
        counters={"default": "false"},
        starts=({"name": "default", "default": "true"},),
    ),
    menu(ACTIVE, verbs=KICKING | {"login"}),
    menu(COOKIE, verbs=KICKING),
    menu(HOST, verbs=KICKING),
    menu(
        "/ip/hotspot/ip-binding",
        P("address", values.network),
        P("mac-address", values.mac),
        P("to-address", values.address),
        P("server", values.named, "all"),
        P("type", choice("regular", "bypassed", "blocked"), "regular", listed=True),
        _COMMENT,
        _DISABLED,
    ),
    menu(
        SERVER_PROFILE,
        _NAME,
        P("hotspot-address", values.address),
        P("dns-name"),
        P("html-directory", default="hotspot"),
        P("login-by", default="cookie,http-chap"),
        P("http-cookie-lifetime", values.duration, "3d"),
        P("use-radius", values.boolean, "false"),
        P("radius-accounting", values.boolean, "true"),
        P("radius-interim-update", default="received"),
        P("nas-port-type", default="wireless-802.11"),
        P("rate-limit", values.rate_limit),
        unique=("name",),
        duplicate="failure: already have profile with this name",
        counters={"default": "false"},
        starts=({"name": "default", "default": "true"}, {"name": "hsprof1", "dns-name": "login.shabaka"}),
    ),
    menu(
        SERVER,
        _NAME,
        P("interface", values.named, required=True),
        P("address-pool", default="none"),
        P("profile", default="default", refers=SERVER_PROFILE),
        P("idle-timeout", values.duration_or_none, "5m"),
        P("addresses-per-mac", default="2"),
        _DISABLED,
        unique=("name",),
        duplicate="failure: already have server with such name",
        counters={"invalid": "false"},
        starts=({"name": "hotspot1", "interface": "wlan1", "address-pool": "hs-pool", "profile": "hsprof1"},),
    ),
    menu(
        "/ip/hotspot/walled-garden",
        P("action", choice("allow", "deny"), "allow", listed=True),
        P("server"),
        P("dst-host"),
        P("dst-port"),
        P("dst-address", values.network),
        P("src-address", values.network),
        P("method"),
        P("path"),
        _COMMENT,
        _DISABLED,
        counters={"hits": "0", "dynamic": "false"},
    ),
)

_PPP: Final = (
    menu(
        SECRET,
        _NAME,
        P("service", choice("any", "async", "l2tp", "ovpn", "pppoe", "pptp", "sstp"), "any", listed=True),
        P("caller-id", default=""),
        P("password", default=""),
        P("profile", default="default", refers=PPP_PROFILE),
        P("local-address", values.address),
        P("remote-address", values.address),
        P("routes", default=""),
        P("limit-bytes-in", values.whole, "0"),
        P("limit-bytes-out", values.whole, "0"),
        _COMMENT,
        _DISABLED,
        unique=("name",),
        duplicate="failure: secret with the same name already exists",
    ),
    menu(
        PPP_PROFILE,
        _NAME,
        P("local-address"),
        P("remote-address"),
        P("rate-limit", values.rate_limit),
        P("session-timeout", values.duration),
        P("idle-timeout", values.duration),
        P("only-one", choice("default", "yes", "no"), "default", listed=True),
        P("address-list"),
        P("parent-queue"),
        P("queue-type"),
        P("interface-list"),
        P("dns-server"),
        P("on-up"),
        P("on-down"),
        _COMMENT,
        unique=("name",),
        duplicate="failure: profile with the same name already exists",
        counters={"default": "false"},
        starts=({"name": "default", "default": "true"}, {"name": "default-encryption", "default": "true"}),
    ),
    menu(PPP_ACTIVE, verbs=KICKING),
    menu(
        "/ppp/aaa",
        P("use-radius", values.boolean, "false"),
        P("accounting", values.boolean, "true"),
        P("interim-update", values.duration, "0s"),
        P("enable-ipv6-accounting", values.boolean, "false"),
        verbs=READING | {"set"},
        singleton=True,
        starts=({},),
    ),
)

_OTHERS: Final = (
    menu(
        QUEUE,
        _NAME,
        P("target", values.target, required=True),
        P("dst", values.network),
        P("parent", default="none"),
        P("packet-marks", default=""),
        P("priority", default="8/8"),
        P("queue", default="default-small/default-small"),
        P("limit-at", values.rate, "0/0"),
        P("max-limit", values.rate, "0/0"),
        P("burst-limit", values.rate, "0/0"),
        P("burst-threshold", values.rate, "0/0"),
        P("burst-time", default="0s/0s"),
        P("time"),
        _COMMENT,
        _DISABLED,
        verbs=EDITING | {"reset-counters"},
        unique=("name",),
        duplicate="failure: already have such name",
        counters={"bytes": "0/0", "packets": "0/0", "dropped": "0/0", "rate": "0/0", "dynamic": "false"},
    ),
    menu(
        ADDRESS_LIST,
        P("list", values.named, required=True),
        P("address", values.network, required=True),
        P("timeout", values.duration),
        _COMMENT,
        _DISABLED,
        unique=("list", "address"),
        duplicate="failure: already have such entry",
        counters={"dynamic": "false"},
    ),
    menu(
        "/ip/firewall/filter",
        P("chain", values.named, required=True),
        P("action", values.named, "accept"),
        P("connection-state"),
        P("src-address", values.network),
        P("dst-address", values.network),
        P("protocol"),
        P("dst-port"),
        _COMMENT,
        _DISABLED,
        counters={"dynamic": "false"},
        starts=(
            {
                "chain": "forward",
                "action": "fasttrack-connection",
                "connection-state": "established,related",
                "comment": "defconf: fasttrack",
            },
        ),
    ),
    menu(
        "/radius",
        P("service"),
        P("address", values.address, required=True),
        P("secret"),
        P("authentication-port", values.whole, "1812"),
        P("accounting-port", values.whole, "1813"),
        P("timeout", default="1s100ms"),
        P("src-address", values.address),
        P("protocol", choice("udp", "radsec"), "udp", listed=True),
        P("require-message-auth", choice("no", "yes-for-request-resp"), "yes-for-request-resp", listed=True),
        P("called-id"),
        P("domain"),
        P("realm"),
        _COMMENT,
        _DISABLED,
    ),
    menu(
        "/interface",
        P("name", values.named),
        _COMMENT,
        _DISABLED,
        verbs=READING | {"set", "enable", "disable", "monitor-traffic"},
        unique=("name",),
        counters={"rx-byte": "0", "tx-byte": "0"},
        starts=tuple(
            {"name": name, "type": kind, "running": "true"}
            for name, kind in (("ether1", "ether"), ("ether2", "ether"), ("wlan1", "wlan"))
        ),
    ),
    menu(
        "/radius/incoming",
        P("accept", values.boolean, "false"),
        P("port", values.whole, "1700"),
        verbs=READING | {"set"},
        singleton=True,
        starts=({},),
    ),
)

MENUS: Final[Mapping[str, Menu]] = {menu.path: menu for menu in (*_HOTSPOT, *_PPP, *_OTHERS, *SYSTEM)}
