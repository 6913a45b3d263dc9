"""PPPoE subscribers online: no cumulative counters, a dynamic queue each; a new session ends the old."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.routeros.hotspot import LoginRefused
from sandbox.routeros.menus import PPP_PROFILE, QUEUE, SECRET
from sandbox.routeros.tables import Item, Tables
from sandbox.routeros.timepiece import Timepiece
from sandbox.routeros.values import queue_limits, time_text

FIRST_ADDRESS: Final = int(ipaddress.IPv4Address("10.6.0.2"))


@dataclass(slots=True)
class Line:
    """One subscriber's line."""

    number: int
    name: str
    caller_id: str
    address: str
    started: float


class Ppp:
    """Lines in memory, secrets in the tables. Callers hold the router's lock."""

    def __init__(self, tables: Tables, time: Timepiece) -> None:
        self._tables = tables
        self._time = time
        self._last = 0
        self.lines: dict[str, Line] = {}  # by name

    def dial(self, name: str, password: str, caller_id: str) -> Line:
        """Bring a line up."""
        row = self._tables[SECRET].row(name)
        if row is None or row["disabled"] == "true" or row.get("password", "") != password:
            raise LoginRefused("authentication failed")
        self.hang_up(name)
        self._last += 1
        address = row.get("remote-address") or str(ipaddress.IPv4Address(FIRST_ADDRESS + self._last))
        line = self.lines[name] = Line(self._last, name, caller_id, address, self._time.now())
        profile = self._tables[PPP_PROFILE].row(row.get("profile", "default")) or {}
        if profile.get("rate-limit"):
            queue = {
                "name": f"<pppoe-{name}>",
                "target": f"{address}/32",
                **queue_limits(profile["rate-limit"]),
                "dynamic": "true",
            }
            self._tables[QUEUE].add(queue)
        return line

    def hang_up(self, name: str) -> None:
        """Take a line down, if it is up."""
        if self.lines.pop(name, None) is None:
            return
        queue = self._tables[QUEUE].by_name(f"<pppoe-{name}>")
        if queue is not None:
            self._tables[QUEUE].remove(queue)

    def move_bytes(self, bytes_in: int, bytes_out: int, name: str | None) -> None:
        """Add traffic to the lines: their queues count it, and nothing else does."""
        queues = self._tables[QUEUE]
        for line in self.lines.values():
            key = queues.by_name(f"<pppoe-{line.name}>") if name is None or line.name == name else None
            if key is not None:
                up, down = (int(side) for side in queues.items[key].get("bytes", "0/0").split("/"))
                queues.change(key, {"bytes": f"{up + bytes_in}/{down + bytes_out}"})

    def lose_power(self) -> None:
        """Forget every line. Their queues are dynamic and go with the memory."""
        self.lines.clear()

    def rows(self) -> Iterator[tuple[str, Item]]:
        """Give /ppp/active as it prints."""
        for line in self.lines.values():
            yield (
                f"*{line.number:X}",
                {
                    "name": line.name,
                    "service": "pppoe",
                    "caller-id": line.caller_id,
                    "address": line.address,
                    "uptime": time_text(int(self._time.now() - line.started)),
                    "encoding": "",
                    "session-id": f"0x{0x81000000 + line.number:x}",
                    "radius": "false",
                },
            )
