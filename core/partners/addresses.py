"""Which addresses events may be sent to. Ours must not be made to knock at doors inside the house."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from core.errors import NotPossibleNow

URL_CHARS_MAX: Final = 200
LABEL_CHARS_MAX: Final = 63  # between the dots of a name (RFC 1035, 2.3.4)
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
# An IPv4 address in other writings, for translators inside a house (RFC 8215, RFC 2765) or for nobody any more.
_INSIDE: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))


def webhook_url(typed: str, *, private: bool) -> str:
    """An address to send events to. `private`: plain http, and addresses of a local network, are allowed too.

    A name is looked up when something is sent, each time: what it leads to today says nothing of tomorrow.

    Raises:
        NotPossibleNow: it is none, or leads inside.
    """
    url = typed.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise NotPossibleNow(what="webhook", state="url") from None
    schemes = ("https", "http") if private else ("https",)
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= URL_CHARS_MAX
    if not plain or parts.scheme not in schemes or not _is_host(host) or "@" in parts.netloc or parts.fragment:
        raise NotPossibleNow(what="webhook", state="url")
    if not private and (_is_inside(host) or host == "localhost" or host.endswith(".localhost")):
        raise NotPossibleNow(what="webhook", state="private")
    return url


def is_public(address: str) -> bool:
    """Whether an IP address lies outside, where everybody may go."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if any(found in network for network in _INSIDE):
            return False
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


def _is_host(host: str) -> bool:
    """Whether it is an address or a name that can be looked up at all."""
    return all(0 < len(label) <= LABEL_CHARS_MAX for label in host.removesuffix(".").split("."))


def _is_inside(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a name
        return False
