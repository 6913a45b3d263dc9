"""One simulated router: its menus, its hotspot, its time, and the hands that can be laid on it."""

from __future__ import annotations

import ipaddress
import re
import threading
import time as system_time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, Final, Self

from sandbox.routeros.commands import Answer, Command, Menus, Trap
from sandbox.routeros.faults import FaultDesk
from sandbox.routeros.hotspot import Hotspot, Session, address_id
from sandbox.routeros.menus import (
    ACTIVE,
    ADDRESS_LIST,
    COOKIE,
    HOST,
    PPP_ACTIVE,
    PROFILE,
    QUEUE,
    SECRET,
    USER,
)
from sandbox.routeros.paste import paste
from sandbox.routeros.ppp import Line, Ppp
from sandbox.routeros.server import ApiServer
from sandbox.routeros.system_menus import GROUP, LOGIN, NTP_CLIENT, SERVICE
from sandbox.routeros.tables import Item, Tables
from sandbox.routeros.timepiece import Timepiece
from sandbox.routeros.values import parse_seconds, time_text

ISO_DATE_SINCE: Final = (7, 10)
JUBA: Final = timezone(timedelta(hours=2))
TOTAL_MEMORY_BYTES: Final = 134_217_728
BYTES_PER_ROW: Final = 2_048

Rows = Iterable[tuple[str, Item]]


class SimulatedRouter:
    """A router on a TCP port of its own; many live in one process, and any thread may call its methods."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        user: str,
        password: str,
        state_dir: str | Path,
        version: str = "7.18.2",
        clock: Callable[[], float] = system_time.time,
    ) -> None:
        self.name = name
        self.host = host
        self.user = user
        self.password = password
        self.version_text = version
        self.version = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
        self.faults = FaultDesk()
        self.heard: Counter[str] = Counter()  # commands since it was made, by path: logins are not counted
        self._wanted_port = port
        self._lock = threading.RLock()
        self._server: ApiServer | None = None
        self._timeouts: dict[str, float] = {}
        self._tables = Tables(Path(state_dir) / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.sqlite3")
        self._time = Timepiece(clock)
        self._hotspot = Hotspot(self._tables, self._time)
        self._ppp = Ppp(self._tables, self._time)
        self._menus = Menus(self._tables, self._live(), self._kickers())
        for path, row in (
            ("/system/identity", {"name": name}),
            ("/system/clock", {"time-zone-name": "Africa/Juba"}),
        ):
            if not self._tables[path].items:
                self._tables[path].add(row)
        if not self._tables[LOGIN].items:
            self._tables[LOGIN].add({"name": user, "group": "full", "address": "", "disabled": "false"})
        own = self._tables[LOGIN].by_name(user)
        if own is not None:
            self._tables[LOGIN].change(own, {"_password": password})

    # The life of the process

    def start(self) -> Self:
        """Begin to serve."""
        if self._server is None:
            self._server = ApiServer(self, self.faults, self.host, self._wanted_port)
            self._server.plug()
        return self

    def stop(self) -> None:
        """Stop serving and close the file."""
        if self._server is not None:
            self._server.close()
            self._server = None
        with self._lock:
            self._tables.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Give the port; known once started."""
        return self._serving().port

    @property
    def api_sessions(self) -> int:
        """Count the API connections."""
        return self._serving().sessions

    # What the API asks

    def run(self, command: Command) -> Answer:
        """Run a command, one at a time."""
        with self._lock:
            self._settle()
            self.heard[command.path] += 1
            if command.path == f"{ACTIVE}/login":
                return self._log_in_by_api(command)
            if command.path == "/interface/monitor-traffic":
                return self._monitor(command)
            return self._menus.run(command, hide_passwords=self.faults.now.hide_passwords)

    def password_of(self, user: str) -> str | None:
        """Give a user's password; None when nobody of that name may use the API."""
        with self._lock:
            row = self._tables[LOGIN].row(user)
            if row is None or row["disabled"] == "true" or "api" not in self._policies(row):
                return None
            return row.get("_password", "")

    def may_write(self, user: str) -> bool:
        """Say whether a user holds the write policy."""
        with self._lock:
            row = self._tables[LOGIN].row(user)
            return not self.faults.now.read_only and row is not None and "write" in self._policies(row)

    def lets_in(self, peer: str) -> bool:
        """Say whether the API talks to this address."""
        with self._lock:
            service = self._tables[SERVICE].row("api") or {}
        allowed = [ipaddress.ip_network(one) for one in service.get("address", "").split(",") if one]
        return not allowed or any(ipaddress.ip_address(peer) in one for one in allowed)

    def sessions_max(self) -> int:
        """Say how many API connections it takes."""
        with self._lock:
            return int((self._tables[SERVICE].row("api") or {}).get("max-sessions", "20"))

    def _policies(self, login: Item) -> list[str]:
        return (self._tables[GROUP].row(login["group"]) or {}).get("policy", "").split(",")

    # Hands: a terminal

    def paste(self, script: str) -> list[str]:
        """Paste a script into a terminal; a sentence for each line it refused."""
        with self._lock:
            errors = paste(script, lambda command: self._menus.run(command, hide_passwords=False))
            self._settle()
            return errors

    # Hands: people with devices

    def log_in(self, user: str, password: str, mac: str) -> Session:
        """Log a device in at the hotspot; LoginRefused carries the hotspot's sentence."""
        with self._lock:
            return self._hotspot.log_in(user, password, mac)

    def log_out(self, *, user: str | None = None, mac: str | None = None) -> int:
        """Log devices out; says how many."""
        with self._lock:
            return self._hotspot.log_out(user=user, mac=mac)

    def dial(self, name: str, password: str, caller_id: str = "") -> Line:
        """Bring a PPPoE line up."""
        with self._lock:
            return self._ppp.dial(name, password, caller_id)

    def pass_time(self, seconds: float, bytes_in: int = 0, bytes_out: int = 0, user: str | None = None) -> None:
        """Let time pass, and traffic with it, for everyone online or one user."""
        with self._lock:
            self._time.skip(seconds)
            self._hotspot.move_bytes(bytes_in, bytes_out, user)
            self._ppp.move_bytes(bytes_in, bytes_out, user)
            self._settle()

    # Hands: power and cable

    def unplug(self) -> None:
        """Cut the cable to us. The hotspot goes on serving who is logged in."""
        self._serving().unplug()

    def replug(self) -> None:
        """Put the cable back; the port is the same."""
        self._serving().plug()

    def power_cycle(self) -> None:
        """Take the power and give it back: memory is lost, configuration and credited counters stay."""
        with self._lock:
            self._hotspot.lose_power()
            self._ppp.lose_power()
            self._timeouts.clear()
            self._tables.forget_dynamic()
            self._time.boot()
        self._serving().drop_all()

    def reset_clock(self) -> None:
        """Start the date at 1970 again."""
        with self._lock:
            self._time.forget_date()

    clock_reset = reset_clock

    def state(self) -> dict[str, Any]:
        """Give everything a spectator may want to see, passwords too: it is a toy, and its players must log in."""
        with self._lock:
            self._settle()
            rows = self._menus.rows
            return {
                "name": self.name,
                "host": self.host,
                "port": self.port,
                "version": self.version_text,
                "plugged": self._serving().plugged,
                "uptime_s": self._time.uptime(),
                "clock": self._time.wall().isoformat(),
                "api_sessions": self.api_sessions,
                "faults": asdict(self.faults.now),
                "users": rows(USER),
                "profiles": rows(PROFILE),
                "active": rows(ACTIVE),
                "cookies": rows(COOKIE),
                "hosts": rows(HOST),
                "secrets": rows(SECRET),
                "lines": rows(PPP_ACTIVE),
                "queues": rows(QUEUE),
                "address_lists": rows(ADDRESS_LIST),
                "logins": rows(LOGIN),
                "services": rows(SERVICE),
                "radius": rows("/radius"),
                "walled_garden": rows("/ip/hotspot/walled-garden"),
            }

    # Inside

    def _serving(self) -> ApiServer:
        if self._server is None:
            raise RuntimeError(f"router {self.name} is not started")
        return self._server

    def _settle(self) -> None:
        if any(row["status"] == "synchronized" for _, row in self._ntp_rows()):
            self._time.set_right()
        self._hotspot.settle()
        table = self._tables[ADDRESS_LIST]
        for key, item in list(table.items.items()):
            if item.get("dynamic") == "true":
                ends = self._timeouts.setdefault(key, self._time.now() + parse_seconds(item["timeout"]))
                if ends <= self._time.now():
                    table.remove(key)
                    del self._timeouts[key]

    def _log_in_by_api(self, command: Command) -> Answer:
        given = command.arguments
        try:
            self._hotspot.log_in(given.get("user", ""), given.get("password", ""), given.get("mac-address", ""))
        except Exception as refused:
            raise Trap(f"failure: {refused}") from None
        return Answer()

    def _monitor(self, command: Command) -> Answer:
        if "once" not in command.arguments:
            raise Trap("only once is possible here", 0)
        known = self._tables["/interface"]
        names = command.arguments.get("interface", "").split(",")
        for name in names:
            if known.by_name(name) is None:
                raise Trap("input does not match any value of interface", 1)
        online = len(self._hotspot.sessions)
        rates = {"rx-bits-per-second": str(64_000 * online), "tx-bits-per-second": str(512_000 * online)}
        packets = {"rx-packets-per-second": str(20 * online), "tx-packets-per-second": str(60 * online)}
        return Answer(rows=[{"name": name, **rates, **packets} for name in names], is_print=True)

    def _resource_rows(self) -> Rows:
        rows = sum(len(self._tables[menu].items) for menu in (USER, SECRET, COOKIE))
        yield (
            "*0",
            {
                "uptime": time_text(self._time.uptime()),
                "version": f"{self.version_text} (stable)",
                "build-time": "2025-02-28 10:18:40",
                "free-memory": str(max(1_048_576, TOTAL_MEMORY_BYTES // 2 - rows * BYTES_PER_ROW)),
                "total-memory": str(TOTAL_MEMORY_BYTES),
                "cpu": "ARM",
                "cpu-count": "4",
                "cpu-load": "3",
                "free-hdd-space": "2097152",
                "write-sect-since-reboot": "410",
                "write-sect-total": "48210",
                "bad-blocks": "0",
                "architecture-name": "arm",
                "board-name": "hAP ac^2",
            },
        )

    def _clock_rows(self) -> Rows:
        wall = self._time.wall().astimezone(JUBA)
        date = wall.strftime("%Y-%m-%d") if self.version >= ISO_DATE_SINCE else wall.strftime("%b/%d/%Y").lower()
        for key, item in self._tables["/system/clock"].items.items():
            yield key, {"date": date, "time": wall.strftime("%H:%M:%S"), "gmt-offset": "+02:00", **item}

    def _ntp_rows(self) -> Rows:
        for key, item in self._tables[NTP_CLIENT].items.items():
            on = item.get("enabled") == "true" and item.get("servers")
            yield key, {**item, "status": "synchronized" if on else "stopped"}

    def _live(self) -> Mapping[str, Callable[[], Rows]]:
        return {
            ACTIVE: self._hotspot.active_rows,
            HOST: self._hotspot.host_rows,
            COOKIE: self._hotspot.cookie_rows,
            PPP_ACTIVE: self._ppp.rows,
            "/system/resource": self._resource_rows,
            "/system/clock": self._clock_rows,
            NTP_CLIENT: self._ntp_rows,
        }

    def _kickers(self) -> Mapping[str, Callable[[str], None]]:
        return {
            ACTIVE: self._kick_active,
            HOST: self._kick_active,
            COOKIE: self._tables[COOKIE].remove,
            PPP_ACTIVE: self._kick_line,
        }

    def _kick_active(self, key: str) -> None:
        for address in [address for address in self._hotspot.sessions if address_id(address) == key]:
            self._hotspot.kick(address)

    def _kick_line(self, key: str) -> None:
        for name in [line.name for line in self._ppp.lines.values() if f"*{line.number:X}" == key]:
            self._ppp.hang_up(name)
