"""What we ask of a router, in our own words: values, changes, errors, and the Protocol a gateway fulfils.

The verbs read and apply; whether a change is right is decided in `reconcile`, never here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, Self

from core.errors import GatewayError
from core.network import normal
from core.network.menus import AddItem, HeldItem, Kind, RemoveItem, SetItem

ROUTER_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class RouterAddress:
    """Where a router is and how we log in. With `tls` its certificate is checked, against `ca_file` if given."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    timeout_s: float = ROUTER_TIMEOUT_S
    tls: bool = False
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class HotspotProfile:
    """A speed tier as a hotspot knows it. An empty rate limit and `shared_users=None` mean unlimited."""

    name: str
    rate_limit: str
    shared_users: int | None


@dataclass(frozen=True, slots=True)
class HotspotUser:
    """A credential and its limits. `None` means no limit; zero is refused, for a router reads it as none."""

    name: str
    password: str = field(repr=False)
    profile: str
    limit_uptime_s: int | None = None
    limit_bytes_total: int | None = None
    comment: str = ""
    disabled: bool = False

    def __post_init__(self) -> None:
        """Refuse a limit that a router would take for no limit at all."""
        for limit in (self.limit_uptime_s, self.limit_bytes_total):
            if limit is not None and limit <= 0:
                raise ValueError(f"a limit of {limit} would be none: disable {self.name} instead")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldProfile(HotspotProfile):
    """A profile as the router holds it."""

    id: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUser(HotspotUser):
    """A user as the router holds it. Counters move at log-out only; a running session's are in `ActiveSession`.

    `password_hidden`: our login may not read passwords there, so the password cannot be compared.
    """

    id: str
    uptime_s: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    password_hidden: bool = False


def user_differences(desired: HotspotUser, held: HeldUser) -> tuple[str, ...]:
    """Name the managed fields in which a held user is not as desired."""
    pairs = (
        ("password", held.password_hidden or desired.password == held.password),
        ("profile", desired.profile == held.profile),
        ("limit_uptime_s", desired.limit_uptime_s == held.limit_uptime_s),
        ("limit_bytes_total", desired.limit_bytes_total == held.limit_bytes_total),
        ("comment", desired.comment == held.comment),
        ("disabled", desired.disabled == held.disabled),
    )
    return tuple(name for name, same in pairs if not same)


def profile_differences(desired: HotspotProfile, held: HeldProfile) -> tuple[str, ...]:
    """Name the managed fields in which a held profile is not as desired."""
    pairs = (
        ("rate_limit", normal.rate(desired.rate_limit) == normal.rate(held.rate_limit)),
        ("shared_users", desired.shared_users == held.shared_users),
    )
    return tuple(name for name, same in pairs if not same)


@dataclass(frozen=True, slots=True)
class ActiveSession:
    """A device online now. `bytes_in` is what the router received from the client: upload.

    `radius`: let in by a RADIUS server, which is told of its use; the router credits no user of its own with it.
    """

    id: str
    user: str
    mac: str
    address: str
    uptime_s: int
    bytes_in: int
    bytes_out: int
    radius: bool = False


@dataclass(frozen=True, slots=True)
class ActiveLine:
    """A PPPoE line up now. The router keeps no total of it: what is counted begins anew with every session.

    `counted`: bytes of this session, upload and download; None where the router does not shape the line and so does
    not count it.
    """

    id: str
    name: str
    uptime_s: int
    counted: tuple[int, int] | None
    radius: bool = False


@dataclass(frozen=True, slots=True)
class RouterHealth:
    """What the router says of itself. An uptime that went backwards means it has restarted."""

    identity: str
    version: str
    board: str
    uptime_s: int
    free_memory_bytes: int
    cpu_load: int


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is asked of a router first: how it is, and who is online."""

    health: RouterHealth
    sessions: list[ActiveSession] = field(default_factory=list)
    lines: list[ActiveLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Return:
    """A device that is to be logged in anew: its session, and the password of its user."""

    session: ActiveSession
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddProfile:
    """Create a profile."""

    profile: HotspotProfile


@dataclass(frozen=True, slots=True)
class SetProfile:
    """Make a held profile say this."""

    id: str
    profile: HotspotProfile


@dataclass(frozen=True, slots=True)
class RemoveProfile:
    """Remove a held profile."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AddUser:
    """Create a user."""

    user: HotspotUser


@dataclass(frozen=True, slots=True)
class SetUser:
    """Make a held user say this."""

    id: str
    user: HotspotUser


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """Remove a held user."""

    id: str
    name: str


Change = AddProfile | SetProfile | RemoveProfile | AddUser | SetUser | RemoveUser | AddItem | SetItem | RemoveItem


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be read at once. None as names: all of them. `kinds`: which other menus, and of which keys."""

    users: Sequence[str] | None = ()
    profiles: bool = False
    kinds: Mapping[Kind, Sequence[str] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a router holds of what was asked. `refused`: a menu it would not show, and its own words for that."""

    users: list[HeldUser] = field(default_factory=list)
    profiles: list[HeldProfile] = field(default_factory=list)
    items: dict[Kind, list[HeldItem]] = field(default_factory=dict)
    refused: dict[Kind, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """What became of a change."""

    OK = "ok"  # the router confirmed it, or was found to hold it
    REFUSED = "refused"  # not done
    UNKNOWN = "unknown"  # sent, not answered, and could not be looked up: read before doing it again


@dataclass(frozen=True, slots=True)
class Applied:
    """A change and its outcome. The message is the router's own, free of secrets.

    `permanent`: the same again cannot help.
    """

    change: Change
    outcome: Outcome
    permanent: bool = False
    message: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the router holds it."""
        return self.outcome is Outcome.OK


class RouterError(GatewayError):
    """A router did not do as asked."""


class RouterUnreachable(RouterError):
    """No connection could be made; nothing was asked of it."""


class RouterLoginRefused(RouterError):
    """The router does not know our user or password."""


class RouterTimedOut(RouterError):
    """No answer in time."""


class RouterConnectionLost(RouterError):
    """The connection broke, or what came over it made no sense."""


class RouterRefused(RouterError):
    """The router said no to a read or a kick."""


class Router(Protocol):
    """One router, one connection, used by one thread at a time (others wait). Close it, or use it as a context."""

    def health(self) -> RouterHealth:
        """Ask how it is."""

    def greet(self, *, sessions: bool, lines: bool) -> Greeting:
        """Ask how it is and, if wanted, who is online, in one round trip."""

    def profiles(self) -> list[HeldProfile]:
        """Read all hotspot profiles."""

    def users(self, names: Sequence[str] | None = None) -> list[HeldUser]:
        """Read all hotspot users, or those of these names, in one round trip."""

    def active(self, names: Sequence[str] | None = None) -> list[ActiveSession]:
        """Read who is online."""

    def lines(self) -> list[ActiveLine]:
        """Read which PPPoE lines are up."""

    def look(self, question: Question) -> Holdings:
        """Read users, profiles and other menus in one round trip.

        A router without a package has not its menus: that is said in the answer and stops no other.
        """

    def inspect(self, menus: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
        """Read menus as the router writes them, in one round trip: path -> rows.

        `menus`: path -> the properties to ask for. A menu that the router refuses is not in the answer.
        """

    def apply(self, changes: Sequence[Change]) -> list[Applied]:
        """Make the changes, in their order of kinds; the answer has one entry a change, in the order given.

        Raises only when nothing was tried.
        """

    def kick(self, names: Sequence[str]) -> int:
        """End the sessions of these users, cookies first; says how many sessions ended.

        Disable or remove the users before, or their devices may log in again.
        """

    def bring_back(self, returns: Sequence[Return]) -> list[str]:
        """Log devices out and in again at once: a session keeps the speed it began with, and the next has the new one.

        Gives the users of those that could not be logged in: they must do it themselves.
        """

    def hang_up(self, names: Sequence[str]) -> int:
        """Take the PPPoE lines of these secrets down; says how many were up."""

    def close(self) -> None:
        """Hang up."""

    def __enter__(self) -> Self:
        """Use as a context."""

    def __exit__(self, *error: object) -> None:
        """Hang up."""


RouterConnector = Callable[[RouterAddress], Router]
