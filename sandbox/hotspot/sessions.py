"""Who is online: let in by the server's leave, counted, ended at a limit, by order or by wish."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.hotspot.accounts import Accounts
from sandbox.hotspot.asking import Chap, Server
from sandbox.hotspot.firewall import Counted, Firewall
from sandbox.hotspot.leave import Leave, Order
from sandbox.hotspot.settings import HotspotSettings
from sandbox.hotspot.shaper import Shaper
from sandbox.hotspot.words import INTERIM, NAS_REQUEST, ON, SESSION_TIMEOUT, START, STOP

ENDED_KEPT: Final = 100
OCTETS: Final = 2**32


@dataclass(frozen=True, slots=True)
class Session:
    """One customer online. Instants are of the monotonic clock."""

    name: str
    number: int
    user: str
    address: str
    mac: str
    began: float
    leave: Leave
    told: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that was, as it was counted."""

    session: str
    user: str
    cause: int
    seconds: int
    up: int
    down: int


class Sessions:
    """All sessions of a gateway; one hand at a time."""

    def __init__(
        self, settings: HotspotSettings, *, server: Server, firewall: Firewall, shaper: Shaper, accounts: Accounts
    ) -> None:
        self._settings = settings
        self._server, self._firewall, self._shaper, self._accounts = server, firewall, shaper, accounts
        self._online: dict[str, Session] = {}
        self._numbers = itertools.count(1)
        self._ended: deque[Ended] = deque(maxlen=ENDED_KEPT)
        self._hand = threading.RLock()
        accounts.add({"Acct-Status-Type": ON, "Acct-Session-Id": "0"})  # whoever was online is not any more

    def log_in(self, user: str, chap: Chap, address: str, mac: str) -> bool:
        """Let somebody in; false when the server refuses.

        Raises:
            NoAnswer: the server is silent.
            BadLeave: its answer cannot be obeyed.
        """
        about = {"Calling-Station-Id": mac, "Framed-IP-Address": address}
        leave = self._server.may(user, chap, about)
        if leave is None:
            return False
        with self._hand:
            if address in self._online:
                self.end(address, SESSION_TIMEOUT)
            number, now = next(self._numbers), time.monotonic()
            session = Session(f"{int(time.time()):08x}{number:04x}", number, user, address, mac, now, leave, now)
            self._shaper.shape(number, address, up_bps=leave.up_bps, down_bps=leave.down_bps)
            self._firewall.let_in(address)
            self._online[address] = session
            self._tell(session, START, Counted())
        return True

    def end(self, address: str, cause: int) -> bool:
        """End what an address has; false if it has nothing."""
        with self._hand:
            session = self._online.pop(address, None)
            if session is None:
                return False
            counted = self._firewall.shut_out(address)
            self._shaper.free(session.number)
            self._tell(session, STOP, counted, {"Acct-Terminate-Cause": cause})
            seconds = int(time.monotonic() - session.began)
            self._ended.append(Ended(session.name, session.user, cause, seconds, counted.up, counted.down))
        return True

    def change(self, address: str, order: Order) -> bool:
        """Change a session that runs; false if there is none."""
        with self._hand:
            session = self._online.get(address)
            if session is None:
                return False
            leave = session.leave
            if order.speed is not None:
                leave = replace(leave, up_bps=order.speed[0], down_bps=order.speed[1])
                self._shaper.change(session.number, up_bps=leave.up_bps, down_bps=leave.down_bps)
            if order.session_s is not None:
                leave = replace(leave, left_s=order.session_s)
            if order.session_bytes is not None:
                leave = replace(leave, left_bytes=order.session_bytes)
            self._online[address] = replace(session, leave=leave)
        return True

    def look(self) -> None:
        """End what is over its limits, and tell of the others when it is time."""
        with self._hand:
            counted, now = (self._firewall.counted() if self._online else {}), time.monotonic()
            for address, session in list(self._online.items()):
                so_far, leave = counted.get(address, Counted()), session.leave
                if leave.left_bytes is not None and so_far.both >= leave.left_bytes:
                    self.end(address, NAS_REQUEST)
                elif leave.left_s is not None and now - session.began >= leave.left_s:
                    self.end(address, SESSION_TIMEOUT)
                elif now - session.told >= (self._settings.interim_s or leave.interim_s):
                    self._online[address] = replace(session, told=now)
                    self._tell(session, INTERIM, so_far)

    def online(self) -> list[Session]:
        """Everybody who is, in the order they came."""
        with self._hand:
            return list(self._online.values())

    def ended(self) -> list[Ended]:
        """The last that were, the newest last."""
        with self._hand:
            return list(self._ended)

    def _tell(self, session: Session, kind: int, counted: Counted, more: Mapping[str, Any] | None = None) -> None:
        self._accounts.add(
            {
                "Acct-Status-Type": kind,
                "Acct-Session-Id": session.name,
                "User-Name": session.user,
                "Framed-IP-Address": session.address,
                "Calling-Station-Id": session.mac,
                "Acct-Session-Time": int(time.monotonic() - session.began),
                "Acct-Input-Octets": counted.up % OCTETS,
                "Acct-Input-Gigawords": counted.up // OCTETS,
                "Acct-Output-Octets": counted.down % OCTETS,
                "Acct-Output-Gigawords": counted.down // OCTETS,
                **({"Class": list(session.leave.mark)} if session.leave.mark else {}),
                **(more or {}),
            }
        )
