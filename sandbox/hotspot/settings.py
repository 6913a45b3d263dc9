"""What a gateway is told before it starts: a JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotSettings:
    """Who it is, whom it asks, and what lies on its two sides.

    `interim_s`: seconds between two accounts of a session; None is as the server says. `login_page`: a file it shows
    instead of its own log-in page, with RouterOS's `$(names)` filled in. `garden`: an address and a port that everybody
    reaches without leave.
    """

    name: str
    server: str
    auth_port: int
    acct_port: int
    secret: str = field(repr=False)
    address: str  # ours towards the server, where orders come to
    orders_port: int = 3799
    inside: str  # the device that customers are behind
    outside: str  # the device that the world is behind
    gateway: str  # our address inside, where the log-in page is
    page_port: int = 8080
    interim_s: float | None = None
    login_page: str | None = None
    garden: tuple[str, int] | None = None


def read_settings(path: Path) -> HotspotSettings:
    """Read the file.

    Raises:
        ValueError, TypeError: it is not such a file.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    garden = told.pop("garden", None)
    return HotspotSettings(**told, garden=(garden[0], int(garden[1])) if garden else None)
