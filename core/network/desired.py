"""What a router should hold for a grant: pure words to the router, computed from the grant alone.

No queue of ours is needed: the rate limit of a profile makes one for every session, with burst, and takes it away
again. Nor is an address list: who is not to be online is disabled and cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.network.menus import MARKER, HeldItem, Item, Kind
from core.network.router import HotspotProfile, HotspotUser

__all__ = ["MARKER", "Wish", "line_profile_of", "profile_of", "secret_of", "tier_of", "user_of"]

# Where lines get their addresses and name servers from: a person sets them once, in the router's own profile.
ADDRESSING: Final = ("local-address", "remote-address", "dns-server")
# A burst lasts until the average over this many seconds reaches the rate itself: MikroTik's own example. `radius_rate`
# of migration 0018 says the same to who logs in by RADIUS.
BURST_OVER_S: Final = 8


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
    forgotten_bytes: int  # of the data: used, but no longer counted by the router
    forgotten_s: int = 0  # of the duration: gone, but never to be counted by the router
    ends_at: datetime | None = None
    service: str = "hotspot"
    burst_down_kbps: int | None = None
    burst_up_kbps: int | None = None

    @property
    def is_line(self) -> bool:
        """Say whether it is a PPPoE line, not a log-in page."""
        return self.service == "pppoe"

    def to_be_online(self, now: datetime) -> bool:
        """Say whether it is still wanted online: an order never outlives what it was for."""
        return self.wanted == "present" and (self.ends_at is None or now < self.ends_at)


def profile_of(wish: Wish) -> HotspotProfile:
    """The speed tier and device limit as a hotspot profile. RouterOS reads `up/down` from the router's side."""
    name = f"shabaka-{_speed_name(wish)}-{wish.devices_max}"
    return HotspotProfile(name=name, rate_limit=_rate_limit(wish), shared_users=wish.devices_max)


def user_of(wish: Wish, password: str, now: datetime | None = None) -> HotspotUser:
    """The hotspot user of a grant.

    The router's own `limit-uptime` is the whole duration: time online never exceeds time since first use,
    so a router we cannot reach still cuts off by itself. Its `limit-bytes-total` is the data bought. Each is less by
    what the router has forgotten or will never count: the same at every visit until it forgets more.
    """
    # Zero would be no limit at all; what has nothing left is being disabled.
    data = None if wish.data_bytes is None else max(1, wish.data_bytes - wish.forgotten_bytes)
    time = None if wish.duration_s is None else max(1, wish.duration_s - wish.forgotten_s)
    return HotspotUser(
        name=wish.username,
        password=password,
        profile=profile_of(wish).name,
        limit_uptime_s=time,
        limit_bytes_total=data,
        comment=f"{MARKER}{wish.grant_id}",
        disabled=_disabled(wish, now),
    )


def line_profile_of(wish: Wish, own: HeldItem | None) -> Item:
    """The speed tier of a line. Addresses are those of the router's own `default` profile, if it has any."""
    several = wish.devices_max > 1
    values = {"rate-limit": _rate_limit(wish), "only-one": "no" if several else "yes"}
    if own is not None:
        values |= {name: own.values[name] for name in ADDRESSING if own.values.get(name)}
    return Item(Kind.PPP_PROFILE, _line_tier(wish), values)


def secret_of(wish: Wish, password: str, now: datetime | None = None) -> Item:
    """The PPP secret of a grant. A customer who has not paid is disabled: there is no page to show on a line."""
    return Item(
        Kind.SECRET,
        wish.username,
        {
            "password": password,
            "service": "pppoe",
            "profile": _line_tier(wish),
            "comment": f"{MARKER}{wish.grant_id}",
            "disabled": "yes" if _disabled(wish, now) else "no",
        },
    )


def tier_of(wish: Wish) -> str:
    """The name of the profile a grant's user or secret has."""
    return _line_tier(wish) if wish.is_line else profile_of(wish).name


def own_profile(profiles: Sequence[HeldItem]) -> HeldItem | None:
    """The router's own profile among its PPP profiles."""
    return next((profile for profile in profiles if profile.key == "default"), None)


def _disabled(wish: Wish, now: datetime | None) -> bool:
    return wish.wanted == "disabled" or (now is not None and not wish.to_be_online(now))


def _line_tier(wish: Wish) -> str:
    return f"shabaka-line-{_speed_name(wish)}-{'many' if wish.devices_max > 1 else 'one'}"


def _speed_name(wish: Wish) -> str:
    burst = "" if wish.burst_up_kbps is None else f"-{wish.burst_up_kbps}-{wish.burst_down_kbps}"
    return f"{wish.up_kbps}-{wish.down_kbps}{burst}"


def _rate_limit(wish: Wish) -> str:
    rate = f"{wish.up_kbps}k/{wish.down_kbps}k"
    if wish.burst_up_kbps is None or wish.burst_down_kbps is None:
        return rate
    return f"{rate} {wish.burst_up_kbps}k/{wish.burst_down_kbps}k {rate} {BURST_OVER_S}/{BURST_OVER_S}"
