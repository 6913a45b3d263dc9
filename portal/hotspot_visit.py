"""What a router says of the device it sent to our page, and how that device is sent back to it.

Whatever stands in an address may have been put there by anybody: the way back must lead to a router's own log-in page
in a private network, or it is not taken at all.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

FIELD_CHARS_MAX: Final = 400
CHALLENGE_BYTES: Final = 16
# Names that are given out inside houses and never in the world (RFC 8375, 6762, ICANN's .internal; .lan by custom).
_INSIDE: Final = (".lan", ".internal", ".home.arpa")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*")
_MAC: Final = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_OCTAL: Final = re.compile(r"\\([0-3][0-7]{2})")
_PRIVATE: Final = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


@dataclass(frozen=True, slots=True)
class Visit:
    """A device before a router. `login` is the router's log-in page; empty, with `device`, where no router sent it.

    `error`: the router refused it just now. `back_to`: where it was to go after that log-in, or first meant to go.
    """

    login: str = ""
    device: str = ""
    chap_id: bytes = b""
    chap_challenge: bytes = b""
    error: bool = False
    back_to: str = field(default="", repr=False)

    @property
    def is_at_router(self) -> bool:
        """Whether it can be let in from here."""
        return bool(self.login and self.device)

    @property
    def origin(self) -> str:
        """Whose log-in page it is, as a Content-Security-Policy names it."""
        parts = urlsplit(self.login)
        return f"{parts.scheme}://{parts.netloc}"

    def fields(self) -> dict[str, str]:
        """The same as fields of a form or an address."""
        if not self.is_at_router:
            return {}
        said = {"link-login-only": self.login, "mac": self.device}
        if self.chap_id:
            said |= {"chap-id": _octal(self.chap_id), "chap-challenge": _octal(self.chap_challenge)}
        return said

    def answer(self, password: str) -> str:
        """What is sent to the router: by CHAP where it asked so, else the password itself, as its page would."""
        if not self.chap_id:
            return password
        said = self.chap_id + password.encode() + self.chap_challenge
        return hashlib.md5(said, usedforsecurity=False).hexdigest()


def read_visit(said: Mapping[str, str]) -> Visit:
    """Read what came with a request. What is not as a router says it is left out."""
    told = {name: value[:FIELD_CHARS_MAX] for name, value in said.items()}
    login, device = login_page(told.get("link-login-only", "")), told.get("mac", "").upper().replace("-", ":")
    if not login or not _MAC.fullmatch(device):
        return Visit()
    chap_id, challenge = _bytes(told.get("chap-id", "")), _bytes(told.get("chap-challenge", ""))
    by_chap = len(chap_id) == 1 and len(challenge) == CHALLENGE_BYTES
    return Visit(
        login=login,
        device=device,
        chap_id=chap_id if by_chap else b"",
        chap_challenge=challenge if by_chap else b"",
        error=bool(told.get("error")),
        back_to=said.get("link-orig", ""),
    )


def login_page(said: str) -> str:
    """The address of a router's log-in page, put together anew; empty where it may not be one."""
    try:
        parts = urlsplit(said)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    # Browsers read a stroke backwards as one forwards, and what stands before an @ as a name.
    if parts.scheme not in ("http", "https") or parts.username is not None or "\\" in said or said != said.strip():
        return ""
    if not _is_inside(host) or not _PATH.fullmatch(parts.path):
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path}"


def _is_inside(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(_INSIDE) and bool(_NAME.fullmatch(host))
    return any(address in net for net in _PRIVATE)


def _bytes(said: str) -> bytes:
    r"""RouterOS writes bytes as `\357`; what is not written so stands for itself."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), said).encode("latin-1", "replace")


def _octal(raw: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in raw)
