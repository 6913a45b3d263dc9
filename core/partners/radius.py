"""Log-ins and accounting of equipment that asks over HTTP: the very functions that the RADIUS server calls.

They stand in `core/db/migrations/guards_0007_radius.py`; so the two ways cannot come to differ.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from core.db.engine import Transaction
from core.sealing import Sealer

# The key to passwords lives in the process and its connections, never in the database.
_UNLOCK: Final = text("SELECT set_config('shabaka.radius_key', :key, true)")
_LOGIN: Final = text("SELECT * FROM radius_login(:who, :asks, :device, :at)")
_BEGUN: Final = text("SELECT radius_begun(:who, :asks, :at)")
_REFUSED: Final = text("SELECT radius_refused(:who, :asks, :device, :at)")
ACCOUNTED: Final = (
    "packet", "session", "who", "device", "address", "session_s", "in_octets", "in_gigawords", "out_octets",
    "out_gigawords", "delay_s", "cause",
)  # fmt: skip
_ACCOUNT: Final = text(
    f"SELECT radius_account(:asks, {', '.join(f'CAST(:{name} AS text)' for name in ACCOUNTED)}, :at)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to be online: the name, the address of the equipment that asks, and the device."""

    who: str
    asks: str
    device: str

    def facts(self, now: datetime) -> dict[str, Any]:
        """For a function."""
        return {"who": self.who, "asks": self.asks, "device": self.device, "at": now}


@dataclass(frozen=True, slots=True)
class LogIn:
    """Leave to be online, once the password is right: what to check against, and what to tell the equipment."""

    password: str = field(repr=False)
    waits: bool
    is_full: bool
    rate: str
    up_bps: int
    down_bps: int
    left_s: int
    left_octets: int
    left_gigawords: int
    idle_s: int
    interim_s: int
    devices: int
    grant: str

    def is_by(self, password: str) -> bool:
        """Whether the password is the one. It takes the same time whatever of it is wrong."""
        return hmac.compare_digest(self.password.encode(), password.encode())


def look_up(tx: Transaction, asked: Asked, *, sealer: Sealer, now: datetime) -> LogIn | None:
    """The leave somebody has at this very equipment; None where there is none, or where too much was guessed."""
    tx.execute(_UNLOCK, {"key": sealer.radius.setting})
    row = tx.execute(_LOGIN, asked.facts(now)).first()
    if row is None:
        return None
    return LogIn(
        row.password,
        row.waits == 1,
        row.is_full == 1,
        row.rate,
        row.up_bps,
        row.down_bps,
        row.left_s,
        row.left_octets,
        row.left_gigawords,
        row.idle_s,
        row.interim_s,
        row.devices,
        row[-1],
    )


def begun(tx: Transaction, asked: Asked, now: datetime) -> None:
    """They are in: the clock of what they bought runs, once."""
    tx.execute(_BEGUN, asked.facts(now))


def refused(tx: Transaction, asked: Asked, now: datetime) -> None:
    """They are not: it counts as a guess."""
    tx.execute(_REFUSED, asked.facts(now))


def account(tx: Transaction, asks: str, said: Mapping[str, str | None], now: datetime) -> None:
    """One packet of accounting: what it says by the names of `ACCOUNTED`, as text, whatever it is."""
    tx.execute(_ACCOUNT, {"asks": asks, "at": now} | {name: said.get(name) for name in ACCOUNTED})
