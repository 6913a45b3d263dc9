"""Granting access: fresh credentials with limits. The clock waits for the first use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.ids import Ids
from core.sealing import Sealer

# 6 + 8 characters of 20: 60.5 bits for the pair (ASVS 6.5.4 asks 20; a stranger guesses against both).
USERNAME_CHARS: Final = 6
PASSWORD_CHARS: Final = 8
TRIES_MAX: Final = 20
_WRITE_GRANT: Final = (
    upsert(AccessGrant).on_conflict_do_nothing(index_elements=[AccessGrant.username]).returning(AccessGrant.id)
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long from first use (None: until it is ended), how much, how fast, on how many devices, with which burst."""

    duration_s: int | None
    data_bytes: int | None
    down_kbps: int
    up_kbps: int
    devices_max: int
    burst_down_kbps: int | None = None
    burst_up_kbps: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """A fresh grant. The password exists in clear only here, on its way to the phone."""

    grant_id: int
    username: str
    password: str


def grant(tx: Transaction, *, router_id: int, limits: Limits, now: datetime, ids: Ids, sealer: Sealer) -> Granted:
    """Make a grant at a router with a user name nobody has or had."""
    password = ids.typeable(PASSWORD_CHARS)
    sealed, for_radius = sealer.seal(password), sealer.radius.seal(password)
    for _try in range(TRIES_MAX):
        username = ids.typeable(USERNAME_CHARS)
        grant_id = tx.execute(
            _WRITE_GRANT,
            {
                "username": username,
                "password_sealed": sealed,
                "radius_sealed": for_radius,
                "router_id": router_id,
                "duration_s": limits.duration_s,
                "data_bytes": limits.data_bytes,
                "down_kbps": limits.down_kbps,
                "up_kbps": limits.up_kbps,
                "burst_down_kbps": limits.burst_down_kbps,
                "burst_up_kbps": limits.burst_up_kbps,
                "devices_max": limits.devices_max,
                "status": "waiting",
                "granted_at": now,
                "used_bytes": 0,
            },
        ).scalar()
        if grant_id is not None:
            return Granted(int(grant_id), username, password)
    raise AssertionError("no free user name in 20 tries: the names are used up")
