"""The hotspot: who is logged in, by which right, how much they used, and what brings a device back by itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.routeros.menus import COOKIE, PROFILE, QUEUE, USER
from sandbox.routeros.tables import Item, Tables
from sandbox.routeros.timepiece import Timepiece
from sandbox.routeros.values import mac as hardware_address
from sandbox.routeros.values import parse_seconds, queue_limits, time_text

HTTP_COOKIE_S: Final = 3 * 86_400
FIRST_ADDRESS: Final = int(ipaddress.IPv4Address("10.5.0.2"))
PACKET_BYTES: Final = 1_000  # how large a packet is pretended to be, for the packet counters


class LoginRefused(Exception):
    """The hotspot's own sentence to the device."""


@dataclass(slots=True)
class Session:
    """One device online. Its counters reach the user's row only when it ends in good order."""

    user: str
    mac: str
    address: str
    login_by: str
    started: float
    bytes_in: int = 0
    bytes_out: int = 0
    radius: bool = False


class Hotspot:
    """Sessions in memory, users and cookies in the tables. Callers hold the router's lock."""

    def __init__(self, tables: Tables, time: Timepiece) -> None:
        self._tables = tables
        self._time = time
        self._addresses: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}  # by address

    def log_in(self, user: str, password: str, mac: str) -> Session:
        """Log a device in by name and password, and leave it the cookies its profile gives."""
        self.settle()
        mac = hardware_address(mac)
        row = self._tables[USER].row(user)
        if row is None or row["disabled"] == "true" or row.get("password", "") != password:
            self._drop_cookies(user, mac)
            raise LoginRefused("invalid username or password")
        session = self._admit(row, mac, "http-chap")
        self._leave_cookie(user, mac, "false", HTTP_COOKIE_S)
        profile = self._profile(row)
        if profile.get("add-mac-cookie") == "true":
            self._leave_cookie(user, mac, "true", parse_seconds(profile.get("mac-cookie-timeout", "3d")))
        return session

    def log_out(self, *, user: str | None = None, mac: str | None = None) -> int:
        """Log devices out as their owners would: counters are credited and cookies erased."""
        self.settle()
        mac = hardware_address(mac) if mac else None
        leaving = [
            session
            for session in self.sessions.values()
            if (user is None or session.user == user) and (mac is None or session.mac == mac)
        ]
        for session in leaving:
            self._end(session)
            self._drop_cookies(session.user, session.mac)
        return len(leaving)

    def kick(self, address: str) -> None:
        """Remove a session by order. A cookie that is left lets the device in again at once."""
        session = self.sessions[address]
        self._end(session)
        self._drop_cookies(session.user, session.mac, kinds=("true",))
        cookies = [
            item
            for item in self._tables[COOKIE].items.values()
            if item["user"] == session.user and item["mac-address"] == session.mac
        ]
        row = self._tables[USER].row(session.user)
        if not cookies:
            return
        try:
            if row is not None and row["disabled"] == "false":
                self._admit(row, session.mac, "cookie")
                return
        except LoginRefused:
            pass
        self._drop_cookies(session.user, session.mac)  # a failed login costs the device its cookie

    def move_bytes(self, bytes_in: int, bytes_out: int, user: str | None = None) -> None:
        """Add traffic to the sessions."""
        for session in self.sessions.values():
            if user is None or session.user == user:
                session.bytes_in += bytes_in
                session.bytes_out += bytes_out
        self.settle()

    def settle(self) -> None:
        """End what has reached a limit, and forget cookies whose time is over."""
        for session in list(self.sessions.values()):
            row = self._tables[USER].row(session.user)
            time_left, bytes_left = self._left(row) if row else (None, None)
            timeout = self._profile(row).get("session-timeout") if row else None
            limits = (time_left, parse_seconds(timeout) if timeout else None)
            allowed = [limit for limit in limits if limit is not None]
            if allowed and self._time.now() - session.started >= min(allowed):
                self._end(session, uptime=max(0, min(allowed)))
            elif bytes_left is not None and session.bytes_in + session.bytes_out >= bytes_left:
                self._end(session)
            else:
                continue
            self._drop_cookies(session.user, session.mac, kinds=("true",))
        table = self._tables[COOKIE]
        for key in [key for key, item in table.items.items() if float(item["_expires"]) <= self._time.now()]:
            table.remove(key)

    def lose_power(self) -> None:
        """Forget every session without crediting anybody."""
        self.sessions.clear()

    def active_rows(self) -> Iterator[tuple[str, Item]]:
        """Give /ip/hotspot/active as it prints."""
        for session in self.sessions.values():
            row = self._tables[USER].row(session.user) or {}
            uptime = int(self._time.now() - session.started)
            item = {
                "server": "hotspot1",
                "user": session.user,
                "address": session.address,
                "mac-address": session.mac,
                "login-by": session.login_by,
                "uptime": time_text(uptime),
                "idle-time": "0s",
                "keepalive-timeout": self._profile(row).get("keepalive-timeout", "2m"),
                **_traffic(session.bytes_in, session.bytes_out),
                "radius": "true" if session.radius else "false",
            }
            time_left, _ = self._left(row) if row else (None, None)
            if time_left is not None:
                item["session-time-left"] = time_text(max(0, time_left - uptime))
            for name in ("limit-bytes-in", "limit-bytes-out", "limit-bytes-total"):
                if row.get(name, "0") != "0":
                    item[name] = row[name]
            yield address_id(session.address), item

    def host_rows(self) -> Iterator[tuple[str, Item]]:
        """Give /ip/hotspot/host as it prints."""
        online = {session.mac: session for session in self.sessions.values()}
        for mac, address in self._addresses.items():
            authorized = "true" if mac in online else "false"
            yield (
                address_id(address),
                {
                    "mac-address": mac,
                    "address": address,
                    "to-address": address,
                    "server": "hotspot1",
                    "authorized": authorized,
                    "bypassed": "false",
                },
            )

    def cookie_rows(self) -> Iterator[tuple[str, Item]]:
        """Give /ip/hotspot/cookie as it prints."""
        for key, item in self._tables[COOKIE].items.items():
            left = max(0, int(float(item["_expires"]) - self._time.now()))
            yield key, {**item, "expires-in": time_text(left)}

    def _admit(self, row: Item, mac: str, login_by: str) -> Session:
        user = row["name"]
        time_left, bytes_left = self._left(row)
        if time_left is not None and time_left <= 0:
            raise LoginRefused(f"user {user} has reached uptime limit")
        if bytes_left is not None and bytes_left <= 0:
            raise LoginRefused(f"user {user} has reached traffic limit")
        address = self._address(mac)
        already = self.sessions.get(address)
        if already is not None and already.user == user:
            return already
        profile = self._profile(row)
        allowed = profile.get("shared-users", "1")
        online = sum(session.user == user for session in self.sessions.values())
        if allowed != "unlimited" and online >= int(allowed):
            raise LoginRefused(f"no more sessions are allowed for user {user}")
        if already is not None:
            self._end(already)
        session = Session(user, mac, address, login_by, self._time.now())
        self.sessions[address] = session
        if profile.get("rate-limit"):
            queue = {
                "name": _queue_name(session),
                "target": f"{address}/32",
                **queue_limits(profile["rate-limit"]),
                "dynamic": "true",
            }
            self._tables[QUEUE].add(queue)
        return session

    def _end(self, session: Session, uptime: int | None = None) -> None:
        """Close a session and credit its user, the only moment the user's own counters move."""
        del self.sessions[session.address]
        queue = self._tables[QUEUE].by_name(_queue_name(session))
        if queue is not None:
            self._tables[QUEUE].remove(queue)
        users = self._tables[USER]
        key = users.by_name(session.user)
        if key is None:
            return
        row = users.items[key]
        lasted = int(self._time.now() - session.started) if uptime is None else uptime
        traffic = _traffic(int(row["bytes-in"]) + session.bytes_in, int(row["bytes-out"]) + session.bytes_out)
        users.change(key, {"uptime": time_text(parse_seconds(row["uptime"]) + lasted), **traffic})

    def _left(self, row: Item) -> tuple[int | None, int | None]:
        """Say how many seconds and bytes the user's row still allows; zero as a limit means none."""
        time_limit = parse_seconds(row.get("limit-uptime", "0s"))
        bytes_limit = int(row.get("limit-bytes-total", "0"))
        used = int(row["bytes-in"]) + int(row["bytes-out"])
        time_left = time_limit - parse_seconds(row["uptime"]) if time_limit else None
        return time_left, bytes_limit - used if bytes_limit else None

    def _profile(self, row: Item) -> Item:
        return self._tables[PROFILE].row(row.get("profile", "default")) or {}

    def _address(self, mac: str) -> str:
        return self._addresses.setdefault(mac, str(ipaddress.IPv4Address(FIRST_ADDRESS + len(self._addresses))))

    def _leave_cookie(self, user: str, mac: str, is_mac_cookie: str, lasts_s: int) -> None:
        self._drop_cookies(user, mac, kinds=(is_mac_cookie,))
        expires = str(self._time.now() + lasts_s)
        cookie = {
            "user": user,
            "domain": "",
            "mac-address": mac,
            "mac-cookie": is_mac_cookie,
            "_expires": expires,
        }
        self._tables[COOKIE].add(cookie)

    def _drop_cookies(self, user: str, mac: str, kinds: tuple[str, ...] = ("true", "false")) -> None:
        table = self._tables[COOKIE]
        for key, item in list(table.items.items()):
            if item["user"] == user and item["mac-address"] == mac and item["mac-cookie"] in kinds:
                table.remove(key)


def address_id(address: str) -> str:
    """Make the id RouterOS gives an active session: the client's address in hexadecimal."""
    return f"*{int(ipaddress.IPv4Address(address)):X}"


def _queue_name(session: Session) -> str:
    return f"<hotspot-{session.user}-{session.address}>"


def _traffic(bytes_in: int, bytes_out: int) -> Item:
    return {
        "bytes-in": str(bytes_in),
        "bytes-out": str(bytes_out),
        "packets-in": str(-(-bytes_in // PACKET_BYTES)),
        "packets-out": str(-(-bytes_out // PACKET_BYTES)),
    }
