"""What a router should hold for no grant in particular: open pages, and our RADIUS server where it asks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from core.network.menus import MARKER, HeldItem, Item, Kind, SetItem, item_differences
from core.network.reconcile import Deviation, Drift
from core.sealing import SealBrokenError
from core.settings import Settings

# RouterOS waits 1.1 s by default: less than a satellite's round trip and our answer take together.
RADIUS_TIMEOUT: Final = "3s"
INTERIM_EVERY: Final = "5m"
# Their settings have no mark of ours. What is said of them is said by the script a person pasted; we watch.
_ON_RADIUS: Final = {"use-radius": "yes", "radius-accounting": "yes", "radius-interim-update": "received"}


@dataclass(frozen=True, slots=True)
class RadiusServer:
    """Where routers reach our RADIUS server."""

    address: str
    authentication_port: int = 1812
    accounting_port: int = 1813


@dataclass(frozen=True, slots=True)
class RadiusTerms:
    """How one router and the RADIUS server know each other. `coa_port`: where the router takes orders from it."""

    server: RadiusServer
    secret: str = field(repr=False)
    coa_port: int = 3799


@dataclass(frozen=True, slots=True)
class House:
    """What is the same for all routers. `open_secret` opens a router's RADIUS secret."""

    garden_hosts: tuple[str, ...] = ()
    radius: RadiusServer | None = None
    open_secret: Callable[[bytes], str] | None = None

    def terms_of(self, *, by_radius: bool, sealed: bytes | None, coa_port: int) -> RadiusTerms | None:
        """How a router asks RADIUS. None: it does not, or we cannot tell it how."""
        if not by_radius or self.radius is None or self.open_secret is None or sealed is None:
            return None
        try:
            secret = self.open_secret(sealed)
        except (SealBrokenError, UnicodeDecodeError):  # a lost key opens it to nonsense, or not at all
            return None
        return RadiusTerms(self.radius, secret, coa_port)


def house_of(settings: Settings, open_secret: Callable[[bytes], str]) -> House:
    """The house of this installation: where people pay is open to everybody."""
    host = urlsplit(settings.public_url).hostname
    server = settings.radius_address and RadiusServer(
        settings.radius_address, settings.radius_auth_port, settings.radius_acct_port
    )
    return House((host,) if host else (), server or None, open_secret)


def garden(hosts: Iterable[str]) -> list[Item]:
    """Pages that open before anybody has logged in: ours, to pay at."""
    return [
        Item(
            Kind.GARDEN,
            f"{MARKER}open {host}",
            {"dst-host": host, "action": "allow", "disabled": "no"},
        )
        for host in dict.fromkeys(hosts)
    ]


def radius(terms: RadiusTerms | None) -> list[Item]:
    """Our RADIUS server as a router asks it and obeys it; nothing for a router that is told its users."""
    if terms is None:
        return []
    client = {
        "service": "hotspot,ppp",
        "address": terms.server.address,
        "secret": terms.secret,
        "authentication-port": str(terms.server.authentication_port),
        "accounting-port": str(terms.server.accounting_port),
        "timeout": RADIUS_TIMEOUT,
        "require-message-auth": "yes-for-request-resp",
        "disabled": "no",
    }
    return [
        Item(Kind.RADIUS, f"{MARKER}radius", client),
        Item(Kind.INCOMING, "", {"accept": "yes", "port": str(terms.coa_port)}),
        Item(Kind.AAA, "", {"use-radius": "yes", "accounting": "yes", "interim-update": INTERIM_EVERY}),
    ]


def kinds_for(terms: RadiusTerms | None, *, by_radius: bool) -> tuple[Kind, ...]:
    """The menus a full look reads beside users and profiles. Settings are looked at only where they are ours."""
    always = (Kind.PPP_PROFILE, Kind.SECRET, Kind.GARDEN)
    if terms is not None:
        return (*always, Kind.RADIUS, Kind.SERVER_PROFILE, Kind.INCOMING, Kind.AAA)
    # A router that asks RADIUS by terms we cannot tell keeps what it has: to take it away would turn everybody off.
    return always if by_radius else (*always, Kind.RADIUS)


def server_profile_drift(held: Sequence[HeldItem]) -> Drift:
    """Hotspot server profiles that do not ask RADIUS. Those named as ours are put right, the others are a person's."""
    clashes, changed, changes = [], [], []
    for one in held:
        item = Item(Kind.SERVER_PROFILE, one.key, _ON_RADIUS)
        differing = item_differences(item, one)
        if not differing or one.default:
            continue
        deviation = Deviation(Kind.SERVER_PROFILE, one.key, differing)
        if one.ours:
            changed.append(deviation)
            changes.append(SetItem(one.id, item))
        else:
            clashes.append(deviation)
    return Drift(changed=tuple(changed), clashes=tuple(clashes), changes=tuple(changes))
