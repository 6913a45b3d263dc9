"""What a technician pastes into a new router's terminal: our login, who may use it, its time, and our RADIUS server.

Lines of RouterOS 7. What an earlier paste left is taken away first, so that a second paste is as good as the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from core.network.house import RadiusTerms, garden, radius
from core.network.menus import MENUS, Item, Kind, Mark

# Read and write what we keep true; `test` measures traffic; `sensitive` shows passwords, so that one changed by hand is
# noticed. Not `policy`: who holds it may make users of the router.
RIGHTS: Final = ("read", "write", "api", "test", "sensitive")
API_SESSIONS: Final = 20
TIME_SERVERS: Final = "0.africa.pool.ntp.org,pool.ntp.org"


@dataclass(frozen=True, slots=True)
class ScriptTerms:
    """What a script says. `from_address`: where our server comes from, as the router sees it; None says everywhere."""

    router: str
    port: int
    username: str
    password: str = field(repr=False)
    from_address: str | None
    garden_hosts: tuple[str, ...] = ()
    radius: RadiusTerms | None = None


def script_for(terms: ScriptTerms) -> str:
    """The script, a command a line."""
    return "\n".join(_lines(terms)) + "\n"


def _lines(terms: ScriptTerms) -> Iterator[str]:
    name, group = quoted(terms.username), quoted(f"{terms.username}-rights")
    address = f"{terms.from_address}/{128 if ':' in terms.from_address else 32}" if terms.from_address else ""
    yield f"# Shabaka: {terms.router}"
    yield f"/user remove [find name={name}]"
    yield f"/user group remove [find name={group}]"
    yield f"/user group add name={group} policy={','.join(RIGHTS)}"
    yield f"/user add name={name} group={group} password={quoted(terms.password)} address={quoted(address)}"
    yield (f"/ip service set api disabled=no port={terms.port} address={quoted(address)} max-sessions={API_SESSIONS}")
    yield f"/system ntp client set enabled=yes servers={TIME_SERVERS}"
    for host in garden(terms.garden_hosts):
        yield f"/ip hotspot walled-garden remove [find comment={quoted(host.key)}]"
        yield _line(host)
    if terms.radius is None:
        return
    for item in radius(terms.radius):
        if item.kind is Kind.RADIUS:
            yield f"/radius remove [find comment={quoted(item.key)}]"
        yield _line(item)
    yield "/ip hotspot profile set [find] use-radius=yes radius-accounting=yes radius-interim-update=received"


def quoted(text: str) -> str:
    """A text as RouterOS reads it back: in quotes, its own signs escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _line(item: Item) -> str:
    menu = MENUS[item.kind]
    verb = "set" if menu.mark is Mark.MENU else "add"
    values = dict(item.values) | ({menu.key: item.key} if menu.key else {})
    said = " ".join(f"{name}={quoted(value)}" for name, value in values.items())
    return f"{menu.path.replace('/', ' ').replace(' ', '/', 1)} {verb} {said}"
