"""What a router should hold for a grant: pure words to the router, computed from the grant alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.network.router import HotspotProfile, HotspotUser

MARKER: Final = "shabaka:"  # our objects on a router carry it in their comment; what does not is not ours to touch


@dataclass(frozen=True, slots=True)
class Wish:
    """A grant as its router must know it. `told`: the router has confirmed it as it stands."""

    grant_id: int
    username: str
    password_sealed: str
    wanted: str
    wanted_at: datetime
    duration_s: int | None
    data_bytes: int | None
    down_kbps: int
    up_kbps: int
    devices_max: int
    told: bool
    forgotten_bytes: int  # used, but no longer counted by the router


def profile_of(wish: Wish) -> HotspotProfile:
    """The speed tier and device limit as a hotspot profile. RouterOS reads `up/down` from the router's side."""
    name = f"shabaka-{wish.up_kbps}-{wish.down_kbps}-{wish.devices_max}"
    return HotspotProfile(name=name, rate_limit=f"{wish.up_kbps}k/{wish.down_kbps}k", shared_users=wish.devices_max)


def user_of(wish: Wish, password: str) -> HotspotUser:
    """The hotspot user of a grant.

    The router's own `limit-uptime` is the whole duration: time online never exceeds time since first use,
    so a router we cannot reach still cuts off by itself. Its `limit-bytes-total` is the data bought, less what the
    router has forgotten of it: the same at every visit until it forgets more.
    """
    # Zero would be no limit at all; what has nothing left is being disabled.
    data = None if wish.data_bytes is None else max(1, wish.data_bytes - wish.forgotten_bytes)
    return HotspotUser(
        name=wish.username,
        password=password,
        profile=profile_of(wish).name,
        limit_uptime_s=wish.duration_s,
        limit_bytes_total=data,
        comment=f"{MARKER}{wish.grant_id}",
        disabled=wish.wanted == "disabled",
    )
